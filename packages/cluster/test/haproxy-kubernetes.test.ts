import { freePort } from '@parley/cluster';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Balanced, type FakeNode, fakeNode, startBalanced } from './fixtures/balanced.ts';
import { environmentOf } from './fixtures/manifests.ts';
import { type Names, serveNames } from './fixtures/names.ts';

const nodes: FakeNode[] = [];
let names: Names;
let balanced: Balanced;

beforeAll(async () => {
  const ports = { port: await freePort(), privatePort: await freePort() };
  for (const host of ['127.0.0.2', '127.0.0.3']) nodes.push(await fakeNode(host, { host, ...ports }));
  // The names of headless Services as a cluster knows them: whole, and in no shorter form.
  names = await serveNames(
    new Map([
      ['parley-socket.chat.svc.cluster.local', ['127.0.0.2']],
      ['parley-api.chat.svc.cluster.local', ['127.0.0.3']],
    ]),
  );
  const given = environmentOf('parley-haproxy', { 'metadata.namespace': 'chat' });
  const here = (name: string) => given[name]?.replace(/:\d+$/, `:${ports.port}`);
  balanced = await startBalanced({
    PARLEY_DNS: names.address,
    PARLEY_DNS_SOCKET: here('PARLEY_DNS_SOCKET'),
    PARLEY_DNS_API: here('PARLEY_DNS_API'),
    PARLEY_PRIVATE_PORT: String(ports.privatePort),
  });
});

afterAll(async () => {
  await balanced.stop();
  names.close();
  for (const node of nodes) node.close();
});

describe('HAProxy with the names of the manifests', () => {
  it('finds the nodes of its namespace by the DNS of a cluster, which completes no name', async () => {
    const slots = await until(
      async () => {
        const up = (await balanced.haproxy.admin.slots()).filter(({ status }) => status.startsWith('UP'));
        return up.length === 2 && up;
      },
      { what: 'a node of each kind is up' },
    );
    expect(new Map(slots.map(({ backend, address }) => [backend, address]))).toEqual(
      new Map([
        ['sockets', '127.0.0.2'],
        ['api', '127.0.0.3'],
      ]),
    );
    expect((await ask(`${balanced.main}/socket.io/?EIO=4&transport=polling`)).slot).toBe('127.0.0.2');
    expect((await ask(balanced.main)).slot).toBe('127.0.0.3');
  });
});
