import { freePort } from '@parley/cluster';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Balanced, type FakeNode, fakeNode, startBalanced } from './fixtures/balanced.ts';
import { type Names, serveNames } from './fixtures/names.ts';

const zone = new Map<string, string[]>();
const nodes: FakeNode[] = [];
let names: Names;
let balanced: Balanced;
let ports: { port: number; privatePort: number };

beforeAll(async () => {
  ports = { port: await freePort(), privatePort: await freePort() };
  for (const host of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) nodes.push(await fakeNode(host, { host, ...ports }));
  zone.set('socket.test', ['127.0.0.2', '127.0.0.3']).set('api.test', ['127.0.0.4']);
  names = await serveNames(zone);
  balanced = await startBalanced({
    PARLEY_DNS: names.address,
    PARLEY_DNS_SOCKET: `socket.test:${ports.port}`,
    PARLEY_DNS_API: `api.test:${ports.port}`,
    PARLEY_PRIVATE_PORT: String(ports.privatePort),
  });
});

afterAll(async () => {
  await balanced.stop();
  names.close();
  for (const node of nodes) node.close();
});

/** The sockets' servers that take clients now, by their slot. */
async function up(): Promise<Map<string, string>> {
  const slots = await balanced.haproxy.admin.slots();
  const taken = slots.filter(({ backend, status }) => backend === 'sockets' && status.startsWith('UP'));
  return new Map(taken.map(({ slot, address }) => [slot, address]));
}

describe('with PARLEY_DNS', () => {
  it('finds the nodes by name, each in one slot, and tells each its slot', async () => {
    const slots = await until(async () => ((await up()).size === 2 ? await up() : undefined), {
      what: 'two nodes are up',
    });
    expect([...slots.values()].sort((a, b) => a.localeCompare(b))).toEqual(['127.0.0.2', '127.0.0.3']);
    for (const [slot, address] of slots) {
      const seen = await ask(`${balanced.main}/socket.io/?EIO=4&transport=polling&sid=${slot}abcdefghijklmnopqr`);
      expect([seen.slot, seen.headers['x-parley-slot']]).toEqual([address, slot]);
    }
    expect((await ask(balanced.main)).slot).toBe('127.0.0.4');
  });

  it('takes a new node in and lets one go without a reload', async () => {
    const { pid } = balanced.haproxy;
    zone.set('socket.test', ['127.0.0.3', '127.0.0.4']);
    const wanted = ['127.0.0.3', '127.0.0.4'];
    await until(
      async () => {
        const found = [...(await up()).values()].sort((a, b) => a.localeCompare(b));
        return found.join() === wanted.join();
      },
      { what: 'the new address is up and the old one is not', withinMs: 15_000 },
    );
    expect((await balanced.haproxy.admin.info()).get('Pid')).toBe(String(pid));
  }, 20_000);
});
