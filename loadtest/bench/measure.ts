import type { Account, Latency, Load } from '../generator/plan.ts';
import { type CpuMs, cpuOf, machineMs, type Parts } from './cpu.ts';
import { generate } from './generate.ts';
import type { Front } from './front.ts';
import type { Running } from './processes.ts';
import type { Stores } from './stores.ts';
import type { System } from './system.ts';

/** What is asked of a system. `clients` is a multiple of `roomSize`, and the first `senders` of each room send. */
export type Setup = {
  nodes: number;
  clients: number;
  roomSize: number;
  senders: number;
  load: Load;
  warmUpMs: number;
  windowMs: number;
};

/** One system, measured once. */
export type Sample = {
  ackedPerSecond: number;
  deliveredPerSecond: number;
  ackMs: Latency;
  deliveryMs: Latency;
  /** Server CPU per acknowledged message, in µs: by part, and `total`. */
  cpuMicros: CpuMs & { total: number };
  generatorMicros: number;
  commitsPerMessage: number;
  redisCommandsPerMessage: number;
  /** Cores that others on this machine used meanwhile, and that its host took away. */
  disturbance: { otherCores: number; stolenCores: number };
  account: Account;
  /** What is wrong; empty when the audit passed. */
  faults: string[];
};

/** Starts the system on fresh stores, loads it, measures one window, audits it and stops it. */
export async function measure(system: System, setup: Setup, stores: Stores, front: Front): Promise<Sample> {
  await stores.reset(system.database, system.template);
  const running: Running[] = [];
  try {
    const nodes = [];
    for (let index = 0; index < setup.nodes; index += 1) {
      const node = await system.startNode(index);
      nodes.push(node);
      running.push(node);
    }
    const { urls, running: fronts } = await front(nodes);
    running.push(...fronts);
    const parts: Parts = {
      node: nodes.map(({ pid }) => pid),
      postgres: [stores.postgresPid],
      redis: [stores.redisPid],
      haproxy: fronts.map(({ pid }) => pid),
    };
    const seats = Array.from({ length: setup.clients }, (_, i) => system.seat(i, urls[i % urls.length]!));
    const { windowMs, warmUpMs, roomSize, senders, load } = setup;
    const plan = { protocol: system.protocol, seats, roomSize, senders, load, warmUpMs, windowMs };
    const { measured, account, begin, end } = await generate(plan, async () => ({
      cpu: cpuOf(parts),
      machine: machineMs(),
      own: process.cpuUsage(),
      counters: await stores.counters(system.database),
    }));

    const per = (total: number) => total / measured.acked;
    const cpu = subtract(end.cpu, begin.cpu);
    const servedMs = cpu.node + cpu.postgres + cpu.redis + cpu.haproxy;
    const ownMs = (end.own.user + end.own.system - begin.own.user - begin.own.system) / 1000;
    const knownMs = servedMs + measured.generatorCpuMs + ownMs;
    return {
      ackedPerSecond: measured.acked / measured.seconds,
      deliveredPerSecond: measured.delivered / measured.seconds,
      ackMs: measured.ackMs,
      deliveryMs: measured.deliveryMs,
      cpuMicros: {
        node: per(cpu.node * 1000),
        postgres: per(cpu.postgres * 1000),
        redis: per(cpu.redis * 1000),
        haproxy: per(cpu.haproxy * 1000),
        total: per(servedMs * 1000),
      },
      generatorMicros: per(measured.generatorCpuMs * 1000),
      commitsPerMessage: per(end.counters.commits - begin.counters.commits),
      redisCommandsPerMessage: per(end.counters.redisCommands - begin.counters.redisCommands),
      disturbance: {
        otherCores: Math.max(0, (end.machine.busy - begin.machine.busy - knownMs) / measured.seconds / 1000),
        stolenCores: (end.machine.stolen - begin.machine.stolen) / measured.seconds / 1000,
      },
      account,
      faults: [
        ...faultsOf(account, setup),
        ...(await system.audit(stores.databaseUrl(system.database), account.acked)),
      ],
    };
  } finally {
    for (const { stop } of running.toReversed()) await stop();
  }
}

function faultsOf(account: Account, { roomSize }: Setup): string[] {
  const { acked, delivered, unanswered, missing, repeated, strange, closed, misnumbered } = account;
  const faults = { unanswered, missing, repeated, strange, closed, misnumbered };
  const expected = acked * roomSize;
  return [
    ...Object.entries(faults).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : [])),
    ...(delivered === expected ? [] : [`${delivered} deliveries where ${expected} were due`]),
  ];
}

function subtract(end: CpuMs, begin: CpuMs): CpuMs {
  return {
    node: end.node - begin.node,
    postgres: end.postgres - begin.postgres,
    redis: end.redis - begin.redis,
    haproxy: end.haproxy - begin.haproxy,
  };
}
