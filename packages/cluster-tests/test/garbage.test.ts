import { connect } from 'node:net';
import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { createRun, type PlainClient, type Run, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

/** Two who talk while a third one misbehaves; afterwards every process is the one that it was. */
async function withNeighbours(misbehave: (run: Run) => Promise<void>): Promise<void> {
  const run = createRun(cluster);
  const before = await cluster.nodes();
  await run.users('ada', 'bob', 'eve');
  const direct = await run.direct('ada', 'bob');
  const [ada, bob] = [run.plain('ada'), run.plain('bob')];
  await Promise.all([run.ready(ada), run.ready(bob)]);
  let over = false;
  const slowest = talk(ada, direct, () => over);
  await Promise.all([misbehave(run).finally(() => (over = true)), slowest]);
  expect(await slowest, 'the longest that a neighbour waited, in ms').toBeLessThan(1_000);
  const { violations, history } = await run.verdict();
  expect(violations).toEqual([]);
  expect(history.sessions.filter(({ userId }) => userId === ada.userId || userId === bob.userId)).toHaveLength(2);
  expect((await cluster.nodes()).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
}

async function talk(client: PlainClient, conversationId: string, isOver: () => boolean): Promise<number> {
  let slowest = 0;
  for (let i = 0; !isOver() || i < 20; i += 1) {
    const startedAt = performance.now();
    expect((await client.send(conversationId, `talk ${i}`))?.ok).toBe(true);
    slowest = Math.max(slowest, performance.now() - startedAt);
    await until(() => performance.now() - startedAt > 5, { what: 'a breath' });
  }
  return slowest;
}

/** A session without a client library: what it sends is up to us. */
async function rawSession(run: Run, name: string): Promise<{ socket: WebSocket; said: string[] }> {
  const socket = new WebSocket(`${cluster.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const said: string[] = [];
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    said.push(text);
    if (text === '2') socket.send('3');
  });
  onTestFinished(() => socket.terminate());
  socket.on('open', () => socket.send(`40${JSON.stringify({ token: run.token(name) })}`));
  await until(() => said.some((text) => text.startsWith('42["session.ready"')), { what: 'the raw session is ready' });
  return { socket, said };
}

async function closed(socket: WebSocket): Promise<void> {
  await until(() => socket.readyState === WebSocket.CLOSED, { what: 'the connection is closed', withinMs: 10_000 });
}

async function answered(said: readonly string[], id: number): Promise<string> {
  return until(() => said.find((text) => text.startsWith(`43${id}`)), { what: `frame ${id} is answered` });
}

describe('what does not belong on the wire', () => {
  it('an unknown event, a wrong type, deep JSON and binary are refused with a code, and the session lives on', async () => {
    await withNeighbours(async (run) => {
      const { socket, said } = await rawSession(run, 'eve');
      socket.send('421["no.such.command",{}]');
      socket.send('422["message.send",42]');
      socket.send('423["message.send",{"body":["text"]}]');
      socket.send(`424["sync",${'['.repeat(5_000)}${']'.repeat(5_000)}]`);
      socket.send('425["message.send",{"body":"x","__proto__":{"admin":true}}]');
      socket.send('426["message.send"]');
      socket.send('427["user.revoke",{"userId":"ada"}]');
      socket.send('451-8["message.send",{"_placeholder":true,"num":0}]');
      socket.send(Buffer.from('body'));
      expect(await answered(said, 1)).toContain('"unknown_command"');
      for (const id of [2, 3, 4, 5, 6]) expect(await answered(said, id)).toContain('"invalid"');
      expect(await answered(said, 7)).toContain('"unknown_command"');
      socket.send('429["conversation.list",{}]');
      expect(await answered(said, 9)).toContain('"ok":true');
    });
  });

  it('a frame of 1 MiB ends its connection, and only that one', async () => {
    await withNeighbours(async (run) => {
      const { socket } = await rawSession(run, 'eve');
      socket.send(`421["message.send",{"body":"${'x'.repeat(1_048_576)}"}]`);
      await closed(socket);
    });
  });

  it('frames that are no Socket.IO, or broken UTF-8, end their connection, and only that one', async () => {
    await withNeighbours(async (run) => {
      for (const frame of ['nonsense', '4', '42', '42{', '42["a"', '9', '451-["x",{"_placeholder":true,"num":9}]']) {
        const { socket } = await rawSession(run, 'eve');
        socket.send(frame);
        // `42` alone is an event without a name: allowed, and answered by nobody. What follows is not.
        socket.send('4nonsense');
        await closed(socket);
      }
      const { socket } = await rawSession(run, 'eve');
      brokenText(socket);
      await closed(socket);
    });
  });

  it('10,000 frames at once end their connection, and only that one', async () => {
    await withNeighbours(async (run) => {
      const { socket } = await rawSession(run, 'eve');
      for (let i = 0; i < 10_000; i += 1) socket.send(`42${i}["typing.start",{"conversationId":"x"}]`);
      await closed(socket);
    });
  });

  it('a body of 1 MiB over HTTP is refused as too large', async () => {
    await withNeighbours(async (run) => {
      // A client that is still writing when it is refused must get to read why: as often as it tries.
      for (let i = 0; i < 10; i += 1) {
        const response = await fetch(`${cluster.url}/v1/sync`, {
          method: 'POST',
          headers: { authorization: `Bearer ${run.token('eve')}`, 'content-type': 'application/json' },
          body: JSON.stringify({ epoch: 'x'.repeat(1_048_576), conversations: [] }),
        });
        expect(response.status).toBe(413);
        expect(await response.json()).toMatchObject({ error: { code: 'too_large' } });
      }
    });
  });

  it('a request that is no HTTP is answered or cut, and nobody notices', async () => {
    await withNeighbours(async () => {
      const { hostname, port } = new URL(cluster.url);
      for (const text of [
        '\0\0\0\0\r\n\r\n',
        'GET\r\n\r\n',
        'POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ]) {
        const socket = connect(Number(port), hostname);
        let said = '';
        socket.on('data', (chunk) => (said += chunk.toString())).on('error', () => undefined);
        socket.write(text);
        await until(() => socket.destroyed || socket.readableEnded || said !== '', {
          what: 'an answer or an end',
          withinMs: 10_000,
        });
        expect(said).not.toMatch(/^HTTP\/1.1 (?:2|5)/);
        socket.destroy();
      }
    });
  });
});

/** A text frame with bytes that are no UTF-8: the library refuses to make one, so it is written underneath it. */
function brokenText(socket: WebSocket): void {
  const payload = Buffer.from([0x34, 0x32, 0xff, 0xfe, 0xc0]);
  const mask = Buffer.from([1, 2, 3, 4]);
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  const underneath = (socket as WebSocket & { _socket: { write(data: Buffer): void } })._socket;
  underneath.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]));
}
