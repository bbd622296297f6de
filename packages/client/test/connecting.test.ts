import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, until } from '@parley/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConnectionState } from '../src/index.ts';
import { openTunnel } from './fixtures/tunnel.ts';
import { connect, serve, type TestClient } from './fixtures/world.ts';

const states = (user: TestClient) => user.names('state').map((state) => (state as ConnectionState).name);

describe('connecting', () => {
  it('comes back by itself after the network broke, and after the server hung up', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    server.cut();
    await until(() => server.state.sessions === 2, { what: 'a second session' });
    await until(() => ana.client.state.name === 'online', { what: 'online again' });
    for (const socket of server.sockets('ana')) socket.disconnect(true);
    await until(() => server.state.sessions === 3, { what: 'a third session' });
    expect(states(ana)).toContain('waiting');
  });

  it('never comes back at once, nor all at the same time, when nobody says when', async () => {
    const ana = connect({ url: `http://127.0.0.1:${await freePort()}` }, 'ana', {
      reconnect: { baseMs: 40, maxMs: 40 },
    });
    const waits = () =>
      ana.names('state').flatMap((state) => {
        const { name, ...rest } = state as ConnectionState;
        return name === 'waiting' && 'retryInMs' in rest ? [rest.retryInMs] : [];
      });
    await until(() => waits().length >= 30, { what: '30 tries' });
    expect(Math.min(...waits())).toBeGreaterThanOrEqual(10);
    expect(Math.max(...waits())).toBeLessThanOrEqual(40);
    expect(Math.max(...waits()) - Math.min(...waits())).toBeGreaterThan(10);
  });

  it('waits at least as long as a refused handshake and a closing session ask for', async () => {
    const server = await serve();
    const tries: number[] = [];
    server.state.faults.handshake = () => {
      tries.push(performance.now());
      return tries.length === 1 ? { code: 'overloaded', retryAfterMs: 120 } : undefined;
    };
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    for (const socket of server.sockets('ana')) {
      socket.emit('session.closing', { code: 'draining', message: 'bye', retryAfterMs: 150 });
      socket.conn.close();
    }
    const cutAt = performance.now();
    await until(() => tries.length === 3, { what: 'the next try' });
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(119);
    expect((tries[2] ?? 0) - cutAt).toBeGreaterThanOrEqual(145);
  });

  it('does not slow down by itself while it is told when to come, however often', async () => {
    const server = await serve();
    const ana = connect(server, 'ana', { reconnect: { baseMs: 5, maxMs: 60_000 } });
    await ana.client.caughtUp();
    let tries = 0;
    server.state.faults.handshake = () => ((tries += 1) <= 8 ? { code: 'overloaded', retryAfterMs: 20 } : undefined);
    server.cut();
    await until(() => server.state.sessions === 2, { what: 'a second session' });
    const [atFirst = 0, ...waits] = ana.names('state').flatMap((state) => {
      const { name, ...rest } = state as ConnectionState;
      return name === 'waiting' && 'retryInMs' in rest ? [rest.retryInMs] : [];
    });
    expect(atFirst).toBeLessThanOrEqual(5);
    expect(waits).toHaveLength(8);
    expect(Math.max(...waits)).toBeLessThanOrEqual(25);
  });

  it('waits at least as long as an address is told that opens too many connections', async () => {
    const body = JSON.stringify({ code: 4, message: 'rate_limited', retryAfterMs: 60_000 });
    const http = createServer((_request, response) => response.writeHead(429).end(body));
    await once(http.listen(await freePort(), '127.0.0.1'), 'listening');
    onTestFinished(() => void http.close());
    const { port } = http.address() as AddressInfo;
    const ana = connect({ url: `http://127.0.0.1:${port}` }, 'ana');
    await until(() => ana.client.state.name === 'waiting', { what: 'it waits' });
    expect(ana.client.state).toMatchObject({ name: 'waiting', reason: 'rate_limited' });
    expect((ana.client.state as { retryInMs: number }).retryInMs).toBeGreaterThanOrEqual(60_000);
    await ana.client.close();
  });

  it('asks for another token when its own is refused, and gives up when none is accepted', async () => {
    const server = await serve();
    server.state.faults.handshake = (token) => (token === 'ana;1000' ? { code: 'token_expired' } : undefined);
    const tokens = ['ana;1000', 'ana'];
    const ana = connect(server, 'ana', { token: async () => tokens.shift() ?? 'ana' });
    await ana.client.caughtUp();
    expect(tokens).toEqual([]);
    server.state.faults.handshake = () => ({ code: 'unauthenticated' });
    let asked = 0;
    const eve = connect(server, 'eve', { token: async () => `eve${(asked += 1)}` });
    await expect(eve.client.caughtUp()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(eve.client.state).toMatchObject({ name: 'stopped', error: { code: 'unauthenticated' } });
    expect(asked).toBeGreaterThan(1);
  });

  it('comes back with a new token after its session ended with the last one', async () => {
    const server = await serve();
    const given: string[] = [];
    const token = async () => {
      given.push('ana;600000');
      return 'ana;600000';
    };
    const ana = connect(server, 'ana', { token });
    await ana.client.caughtUp();
    server.cut();
    await until(() => server.state.sessions === 2, { what: 'a second session' });
    // The first token is good for minutes, so nobody asked for another one.
    expect(given).toHaveLength(1);
    await ana.client.caughtUp();
    for (const socket of server.sockets('ana')) {
      socket.emit('session.closing', { code: 'token_expired', message: 'It ended.' });
      socket.disconnect(true);
    }
    await until(() => server.state.sessions === 3, { what: 'a third session' });
    expect(given).toHaveLength(2);
  });

  it('stops for good when its user was revoked, and says so to whoever waits', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    for (const socket of server.sockets('ana')) {
      socket.emit('session.closing', { code: 'token_revoked', message: 'You were revoked.' });
      socket.disconnect(true);
    }
    await until(() => ana.client.state.name === 'stopped', { what: 'it stops' });
    await expect(ana.client.call('conversation.list', {})).rejects.toMatchObject({ code: 'token_revoked' });
    await expect(ana.client.send({ peerId: 'bob', body: 'in vain' })).rejects.toMatchObject({ code: 'token_revoked' });
    expect(server.state.sessions).toBe(1);
  });

  it('replaces its token before the session ends with it', async () => {
    const server = await serve();
    let asked = 0;
    const ana = connect(server, 'ana', { token: async () => `ana;${((asked += 1)) > 0 ? 500 : 0}` });
    await ana.client.caughtUp();
    await until(() => server.state.calls.filter(({ name }) => name === 'auth.refresh').length >= 2, {
      what: 'the token was replaced twice',
    });
    expect(server.state.sessions).toBe(1);
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  it('tries again later when the application has no token at the moment', async () => {
    const server = await serve();
    let asked = 0;
    const token = async () => {
      if ((asked += 1) < 3) throw new Error('the token server is away');
      return 'ana';
    };
    const ana = connect(server, 'ana', { token });
    await ana.client.caughtUp();
    expect(asked).toBe(3);
  });

  it('moves to another session before it leaves a node, missing and doubling nothing', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    const [old] = server.sockets('ana');
    let together = 0;
    server.io.on('connection', () => {
      together = Math.max(together, server.sockets('ana').length);
    });
    old?.emit('server.migrate', { afterMs: 60 });
    const sends = Promise.all(
      Array.from({ length: 10 }, (_, n) => ana.client.send({ conversationId: id, body: `ana ${n}` })),
    );
    const talk = () => {
      log.send('bob', { conversationId: id, body: 'on and on' });
      server.flush();
      return old?.connected === false;
    };
    await until(talk, { what: 'the old session is left' });
    await sends;
    await ana.converges(log, id);
    expect(ana.rows(id)).toEqual(log.messages(id));
    expect(together).toBe(2);
    expect(states(ana)).not.toContain('waiting');
  });

  it('finishes what is in flight on the session that it leaves', async () => {
    const server = await serve();
    const ana = connect(server, 'ana', { commandTimeoutMs: 3_000 });
    await ana.client.caughtUp();
    const [old] = server.sockets('ana');
    let answer: () => void = () => {};
    server.state.hold = (name, userId) =>
      name === 'message.send' && userId === 'ana' ? new Promise((resolve) => (answer = resolve)) : undefined;
    const ack = ana.client.send({ peerId: 'bob', body: 'slow' });
    await until(() => server.state.calls.some(({ name }) => name === 'message.send'), { what: 'it is under way' });
    old?.emit('server.migrate', { afterMs: 0 });
    await until(() => server.sockets('ana').length === 2, { what: 'two sessions' });
    server.state.hold = () => undefined;
    answer();
    expect(await ack).toMatchObject({ seq: 1, duplicate: false });
    await until(() => old?.connected === false, { what: 'the old session is left' });
  });

  it('connects over long-polling where WebSocket cannot pass', async () => {
    const server = await serve();
    const ana = connect(server, 'ana', { transports: ['polling'] });
    expect(await ana.client.send({ peerId: 'bob', body: 'slowly but surely' })).toMatchObject({ seq: 1 });
  });

  it('leaves a node that falls silent while it waits for an answer, and sends over another session', async () => {
    const server = await serve();
    const tunnel = await openTunnel(server);
    const ana = connect(tunnel, 'ana');
    await ana.client.caughtUp();
    tunnel.freeze();
    // The heartbeat would notice after ten seconds.
    expect(await ana.client.send({ peerId: 'bob', body: 'anyone?' })).toMatchObject({ seq: 1 });
    expect(server.state.sessions).toBe(2);
    await ana.client.close();
    await tunnel.close();
  });

  it('answers a command with its code, and with `offline` when there is no session in time', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    await expect(
      ana.client.call('conversation.get', { conversationId: '00000000-0099-8000-8000-000000000000' }),
    ).rejects.toMatchObject({ code: 'not_found', kind: 'refused' });
    server.state.faults.losesAck = () => true;
    await expect(ana.client.call('conversation.list', {})).rejects.toMatchObject({ kind: 'unknown' });
    const nobody = connect({ url: 'http://127.0.0.1:9' }, 'ana');
    await expect(nobody.client.call('conversation.list', {})).rejects.toMatchObject({
      code: 'offline',
      kind: 'refused',
    });
  });
});

describe('closing', () => {
  it('sends what waits, then ends everything', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    const acks = Promise.all(['one', 'two', 'three'].map((body) => ana.client.send({ peerId: 'bob', body })));
    await ana.client.close();
    expect((await acks).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(ana.client.state.name).toBe('closed');
    await until(() => server.sockets('ana').length === 0, { what: 'the session is gone' });
    await expect(ana.client.send({ peerId: 'bob', body: 'late' })).rejects.toMatchObject({ code: 'closed' });
  });

  it('gives up within its time when nothing can be sent', async () => {
    const nobody = connect({ url: 'http://127.0.0.1:9' }, 'ana', { closeTimeoutMs: 100 });
    const unsent = nobody.client.send({ peerId: 'bob', body: 'kept' }).catch((error: unknown) => error);
    const startedAt = performance.now();
    await nobody.client.close();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(await unsent).toMatchObject({ code: 'closed' });
  });

  it('is over within seconds when the other side does not say farewell', async () => {
    const server = await serve();
    const tunnel = await openTunnel(server);
    const open = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const ana = connect(tunnel, 'ana');
    await ana.client.caughtUp();
    const during = open();
    tunnel.freeze();
    await ana.client.close();
    await until(() => open() < during, { what: 'the connection is gone', withinMs: 3_000 });
    await tunnel.close();
  });

  it('leaves no timer behind', async () => {
    const server = await serve();
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const ana = connect(server, 'ana', { token: async () => 'ana;60000' });
    await ana.client.caughtUp();
    ana.client.startTyping(server.state.log.direct('ana', 'bob'));
    await ana.client.close();
    await until(() => server.sockets('ana').length === 0, { what: 'the session is gone' });
    await until(() => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length <= before + 1, {
      what: 'no timer but the one of this wait',
    });
  });
});
