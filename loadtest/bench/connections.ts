import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CpuMs, cpuOf, machineMs } from './cpu.ts';
import { generate } from './generate.ts';
import type { Setup } from './measure.ts';
import type { Reading } from './readings.ts';
import type { Stores } from './stores.ts';
import type { System } from './system.ts';

/** What a node needs so that its garbage can be collected from outside. */
export const collectable = ['--expose-gc', '--import', new URL('gc-on-signal.ts', import.meta.url).href];
const collectMs = 500;

/**
 * One node, clients that connect and say nothing: what accepting one costs all servers, and what one holds of the node's
 * memory while it is idle. Both are slopes beyond the first clients, which warm the node up.
 */
export async function measureConnections(system: System, setup: Setup, stores: Stores): Promise<Reading> {
  const { clients, roomSize, senders, load, warmUpMs, windowMs } = setup;
  const count = clients - (load.kind === 'idle' ? load.first : 0);
  await stores.reset(system.database, system.template);
  const node = await system.startNode(0);
  try {
    const url = `ws://127.0.0.1:${node.port}`;
    const seats = Array.from({ length: clients }, (_, index) => system.seat(index, url));
    const parts = { node: [node.pid], postgres: [stores.postgresPid], redis: [stores.redisPid], haproxy: [] };
    const plan = { protocol: system.protocol, seats, roomSize, senders, load, warmUpMs, windowMs };
    const { measured, account, begin, end, done } = await generate(plan, async (at) => {
      // First, and not between the two: collecting is no part of what accepting costs.
      const memory = at === 'end' ? 0 : await memoryOf(node.pid);
      return { memory, cpu: cpuOf(parts), busyMs: machineMs().busy };
    });
    const cpuMs = sum(end.cpu) - sum(begin.cpu);
    const otherMs = end.busyMs - begin.busyMs - cpuMs - measured.generatorCpuMs;
    return {
      values: {
        connectionsPerCpuSecond: (count / cpuMs) * 1000,
        bytesPerConnection: (done.memory - begin.memory) / count,
        otherCores: Math.max(0, otherMs / measured.seconds / 1000),
      },
      faults: account.closed > 0 ? [`${account.closed} connections were closed`] : [],
    };
  } finally {
    await node.stop();
  }
}

async function memoryOf(pid: number): Promise<number> {
  process.kill(pid, 'SIGWINCH');
  await sleep(collectMs);
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

function sum({ node, postgres, redis, haproxy }: CpuMs): number {
  return node + postgres + redis + haproxy;
}
