import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type plainClient, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());
const clientsPerKind = 12;

/** No browser here: what distinguishes a page of another origin on the wire is the header, and that no cookie comes. */
const kinds: Record<string, NonNullable<Parameters<typeof plainClient>[1]['socket']>> = {
  'default clients, long-polling first': {},
  'clients that only poll': { transports: ['polling'] },
  'clients with WebSocket only': { transports: ['websocket'] },
  'clients of a page from elsewhere': { extraHeaders: { origin: 'https://shop.example' } },
};

describe('connecting through the load balancer', () => {
  for (const [kind, socket] of Object.entries(kinds)) {
    it(`works for ${clientsPerKind} of ${clientsPerKind} ${kind}, over all three nodes, and carries messages`, async () => {
      const run = createRun(cluster);
      const names = Array.from({ length: clientsPerKind }, (_, i) => `user${i}`);
      await run.users(...names);
      const group = await run.group('user0', ...names.slice(1));
      const clients = names.map((name) => run.plain(name, { socket }));
      const sessions = await Promise.all(clients.map((client) => run.ready(client)));
      expect(new Set(sessions.map(({ nodeId }) => nodeId)).size).toBe(3);
      expect(clients.filter(({ socket }) => socket.connected)).toHaveLength(clientsPerKind);

      await Promise.all(clients.map((client) => client.send(group, `from ${client.name}`)));
      expect((await run.verdict()).violations).toEqual([]);
      expect(run.recorder.recorded().sessions).toHaveLength(clientsPerKind);
    });
  }

  it('keeps a long-polling session on its node, whose slot begins its id', async () => {
    const run = createRun(cluster);
    const client = run.plain('ada', { socket: { transports: ['polling'] } });
    const { nodeId } = await run.ready(client);
    const slot = client.socket.io.engine.id.slice(0, 2);
    expect(nodeId.startsWith(slot)).toBe(true);
    for (let i = 0; i < 20; i += 1) expect((await client.call('conversation.list', {})).ok).toBe(true);
    expect(client.ready?.nodeId).toBe(nodeId);
  });
});
