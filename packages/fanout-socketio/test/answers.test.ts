import { next, until } from '@parley/testkit';
import type { Socket } from 'socket.io';
import type { Socket as ClientSocket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { tellings, upTo } from './support/nodes.ts';

let cluster: TestCluster;
let end: () => Promise<void>;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 1, onEnd: (ending) => (end = ending), tailEveryMs: 3_600_000 });
});
afterAll(() => end());

/** A session whose commands the test answers itself. */
async function session(userId: string, transports = ['websocket']) {
  const { no } = cluster.log.createGroup([userId]);
  const client = await cluster.client(1, userId, { groups: [no], transports });
  const served = [...cluster.node(1).io.of('/').sockets.values()].find((socket) => socket.data.userId === userId);
  if (!served) throw new Error(`${userId} has no socket`);
  const tell = (body: string) => cluster.node(1).fanout.tell(tellings.created(cluster.log.append(no, userId, body)));
  return { client, socket: client.socket, served, tell };
}

/** What came to a client, in order: names of events, and answers by their value. */
function record(socket: ClientSocket): string[] {
  const came: string[] = [];
  socket.onAny((name: string) => void came.push(name));
  return came;
}

/** Writes to one socket: those of Engine.IO, and those of deliveries, which pass it by. */
async function countWrites({ conn }: Socket): Promise<() => Promise<number>> {
  const deliveries = () => cluster.node(1).count('writes_total');
  const before = await deliveries();
  let others = 0;
  conn.on('flush', () => void (others += 1));
  return async () => (await deliveries()) - before + others;
}

describe('answers', () => {
  it('share one write with what the socket hears in the same tick', async () => {
    const { socket, served, tell } = await session('ann');
    const writes = await countWrites(served);
    served.on('say', (body: string, answer: (seq: string) => void) => {
      tell(body);
      answer(`answer to ${body}`);
    });
    const heard = next(socket, 'message.created');
    expect(await socket.emitWithAck('say', 'hello')).toBe('answer to hello');
    await heard;
    expect(await writes()).toBe(1);
  });

  it.each([['websocket'], ['polling']])('come in the order in which they were given, over %s', async (transport) => {
    const { socket, served } = await session(`ben-${transport}`, [transport]);
    served.on('count', (n: number, answer: (n: number) => void) => answer(n));
    const answered: number[] = [];
    await Promise.all(
      upTo(200).map(async (n) => {
        answered.push(await socket.emitWithAck('count', n));
      }),
    );
    expect(answered).toEqual(upTo(200));
  });

  it('come before an event that was emitted after them, and before the end of the session', async () => {
    const { socket, served } = await session('cat');
    const came = record(socket);
    served.on('leave', (answer: (word: string) => void) => {
      answer('good-bye');
      served.emit('afterwards');
      served.conn.close();
    });
    const gone = next(socket, 'disconnect');
    came.push(await socket.emitWithAck('leave'));
    await gone;
    expect(came.toSorted()).toEqual(['afterwards', 'good-bye']);
  });

  it('and events keep their order with what Socket.IO writes itself, also when the client reads slowly', async () => {
    const { client, served, tell } = await session('eve');
    const came: string[] = [];
    client.socket.on('said', (word: string) => void came.push(word));
    client.socket.on('message.created', ({ body }: { body: string }) => void came.push(body.trimEnd()));
    const words = upTo(120).map((n) => `${n}`);
    for (const [i, word] of words.entries()) {
      if (i % 2 === 0) served.emit('said', word);
      // Larger than what the system takes at once: some of these wait in buffers.
      else tell(word.padEnd(200_000));
      await new Promise(setImmediate);
    }
    await until(() => came.length === words.length, { what: 'everything has come' });
    expect(came).toEqual(words);
  });

  it('keep every character', async () => {
    const { socket, served } = await session('dan');
    const words = ['', 'ünïcode 🎉', 'with "quotes" and \u001e a separator', 'x'.repeat(70_000)];
    served.on('echo', (word: string, answer: (word: string) => void) => answer(word));
    expect(await Promise.all(words.map((word) => socket.emitWithAck('echo', word)))).toEqual(words);
  });
});
