import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { mintToken } from '@parley/node-kit';
import { rareLimits } from '@parley/protocol';
import { until } from '@parley/testkit';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { createAdmission } from '../src/admission.ts';
import { startNode } from './support/node.ts';

const points = 3;
const windowMs = 600_000;
let node: Awaited<ReturnType<typeof startNode>>;
beforeAll(async () => {
  node = await startNode({ rareLimits: { ...rareLimits, 'connect.address': { points, windowMs } } });
});
afterAll(() => node.close());

const from = (address: string) => ({ ...node.headers, 'x-forwarded-for': address });
const poll = (address: string, query = '') =>
  fetch(`${node.url}/socket.io/?EIO=4&transport=polling${query}`, { headers: from(address) });
const exhaust = async (address: string) => {
  for (let i = 0; i < points; i += 1) expect((await poll(address)).status).toBe(200);
};

describe('a node that admits no more sessions now', () => {
  it('says when to come back, to long-polling and to a WebSocket, and keeps the sessions that it has', async () => {
    const before = await poll('10.2.1.1');
    const { sid } = JSON.parse((await before.text()).slice(1)) as { sid: string };
    const { admission } = node.state;
    onTestFinished(() => void (node.state.admission = admission));
    node.state.admission = createAdmission(
      { perSecond: { min: 0.1, max: 0.1 }, busyMax: 1, burst: 1, openingMax: 10, retryAfterMsMax: 60_000 },
      () => 0,
    );
    expect((await poll('10.2.1.2')).status).toBe(200);

    const refused = await poll('10.2.1.3');
    expect(refused.status).toBe(503);
    const told = (await refused.json()) as { message: string; retryAfterMs: number };
    expect(told).toMatchObject({ message: 'overloaded' });
    // One tenth of a session a second: the next one is ten seconds away, and those who wait are spread.
    expect(told.retryAfterMs).toBeGreaterThan(9_000);
    expect(Number(refused.headers.get('retry-after'))).toBe(Math.ceil(told.retryAfterMs / 1_000));
    const url = `${node.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const [, answer] = await once(new WebSocket(url, { headers: from('10.2.1.4') }), 'unexpected-response');
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': expect.any(String) } });
    answer.destroy();
    // Its next long-polling request belongs to a session that has begun.
    const sent = await fetch(`${node.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
      method: 'POST',
      headers: from('10.2.1.1'),
      body: '40{}',
    });
    expect(sent.status).toBe(200);
  });
});

describe('a full node', () => {
  it('refuses before it counts: an address keeps what it may open', async () => {
    const { admission } = node.state;
    onTestFinished(() => void (node.state.admission = admission));
    const perSecond = { min: 0.1, max: 0.1 };
    node.state.admission = createAdmission(
      { perSecond, busyMax: 1, burst: 0, openingMax: 1, retryAfterMsMax: 1_000 },
      () => 0,
    );
    for (let i = 0; i < points * 2; i += 1) expect((await poll('10.2.3.1')).status).toBe(503);
    node.state.admission = admission;
    await exhaust('10.2.3.1');
  });
});

describe('a node that opens as many sessions as it may', () => {
  it('admits the next one when one of them is ready', async () => {
    const { admission } = node.state;
    onTestFinished(() => void (node.state.admission = admission));
    const perSecond = { min: 1_000, max: 1_000 };
    node.state.admission = createAdmission(
      { perSecond, busyMax: 1, burst: 1_000, openingMax: 1, retryAfterMsMax: 1_000 },
      () => 0,
    );
    const holder = await node.session();
    onTestFinished(() => holder.end());
    await holder.query('begin');
    await holder.query('lock table users in access exclusive mode');
    const opened = node.enter('held');
    let address = 0;
    const isAdmitted = async () => (await poll(`10.2.9.${(address += 1) % 250}`)).status === 200;
    await until(async () => !(await isAdmitted()), { what: 'nobody is admitted while it is opened' });
    await holder.query('rollback');
    await opened;
    await until(isAdmitted, { what: 'the next one is admitted' });
  });
});

describe('a refused WebSocket whose client is gone before it is told', () => {
  it('is let go, and the node lives', async () => {
    const { admission } = node.state;
    onTestFinished(() => void (node.state.admission = admission));
    const refused = Promise.withResolvers<void>();
    const leaving = Promise.withResolvers<Socket>();
    node.made.http.prependOnceListener('upgrade', (_request, socket: Socket) => leaving.resolve(socket));
    node.state.admission = {
      ...admission,
      take() {
        refused.resolve();
        return { ok: false, retryAfterMs: 1_000 };
      },
    };
    const { hostname, port } = new URL(node.url);
    const client = connect(Number(port), hostname);
    client.write(
      ['GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'host: node', `x-parley-space: ${node.space.name}`]
        .concat('x-forwarded-for: 10.2.2.1', 'connection: upgrade', 'upgrade: websocket', '', '')
        .join('\r\n'),
    );
    const served = await leaving.promise;
    await refused.promise;
    client.resetAndDestroy();
    await until(() => served.destroyed, { what: 'the connection is let go' });
    // What nobody listens to ends a process.
    expect(served.listenerCount('error')).toBeGreaterThan(0);
  });
});

describe('an address that opens too many connections', () => {
  it('is refused with the time to wait, and another address is not', async () => {
    await exhaust('10.1.1.1');
    const refused = await poll('10.1.1.1');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ message: 'rate_limited', retryAfterMs: expect.any(Number) });
    expect((await poll('10.1.1.2')).status).toBe(200);
    expect(await node.made.registry.metrics()).toContain('parley_rate_limited_total{action="connect.address"} 1');
  });

  it('is refused as a WebSocket too, and whatever it hides in its query', async () => {
    await exhaust('10.1.2.1');
    for (const query of ['', '&sid=', '&x=1?sid=abc']) {
      const url = `${node.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`;
      const [, answer] = await once(new WebSocket(url, { headers: from('10.1.2.1') }), 'unexpected-response');
      expect(answer).toMatchObject({ statusCode: 429, headers: { 'retry-after': expect.any(String) } });
      answer.destroy();
      expect((await poll('10.1.2.1', query)).status).toBe(429);
    }
  });

  it('comes back by itself with a stock client, and is let in once it may be', async () => {
    await exhaust('10.1.3.1');
    const extraHeaders = from('10.1.3.1');
    const socket = io(node.url, {
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      auth: { token: mintToken(node.space, { userId: 'ada', role: 'user' }) },
      extraHeaders,
    });
    onTestFinished(() => void socket.disconnect());
    await new Promise<void>((refused) => socket.once('connect_error', () => refused()));
    extraHeaders['x-forwarded-for'] = '10.1.3.2';
    await until(() => socket.connected, { what: 'it is let in', withinMs: 15_000 });
  });
});
