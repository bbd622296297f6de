import { randomBytes } from 'node:crypto';
import { next, silence, until } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { callHttp, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'tutor-go';
const url = cluster.urls[space] ?? '';
beforeEach(() => cluster.whole());

type Said = { conversationId: string };

/** A user of the product: its document's client, with nothing but the token. */
function person(id: string) {
  const token = cluster.token(id, { space });
  return {
    id,
    async ask(method: string, path: string) {
      const response = await fetch(`${url}/chat${path}`, { method, headers: { authorization: `Bearer ${token}` } });
      return { status: response.status, body: await response.json() };
    },
    async connect(): Promise<{ socket: Socket }> {
      const socket = io(url, { auth: { token }, forceNew: true });
      onTestFinished(() => void socket.disconnect());
      await next(socket, 'connected');
      return { socket };
    },
  };
}

async function book(a: string, b: string, status: 'confirmed' | 'cancelled' = 'confirmed', only = false) {
  const host = { url, token: cluster.token('host', { space, role: 'admin' }) };
  const put = await callHttp(host, 'link.put', { userA: a, userB: b, kind: 'booking', status, only });
  expect(put.ok).toBe(true);
}

/** Two booked users, in the order in which their ids stand in the conversation's. */
async function booked(names: readonly [string, string] = ['ada', 'ben']) {
  const mark = randomBytes(4).toString('hex');
  const [ann, ben] = [person(`${names[0]}${mark}`), person(`${names[1]}${mark}`)];
  await book(ben.id, ann.id);
  return { ann, ben, id: `${ann.id}_${ben.id}` };
}

describe('tutor-go', () => {
  it('tells who comes and goes to people who share a booking or a conversation, and to nobody else', async () => {
    const { ann, ben } = await booked();
    const stranger = person(`cy${ann.id}`);
    const [{ socket: atAnns }, { socket: atStrangers }] = await Promise.all([ann.connect(), stranger.connect()]);
    const nothing = silence(atStrangers, 'user-online', { forMs: 1_500 });
    // In the first 12 s of a cluster nobody can tell.
    const online = next(atAnns, 'user-online', { withinMs: 20_000 });
    const { socket: atBens } = await ben.connect();
    expect(await online).toEqual({ userId: ben.id });
    await nothing;
    const met = [atAnns, atStrangers].map((socket) => next(socket, 'user-online', { withinMs: 10_000 }));
    await book(ann.id, stranger.id);
    expect(await Promise.all(met)).toEqual([{ userId: stranger.id }, { userId: ann.id }]);
    const gone = new Set<string>();
    atAnns.on('user-offline', ({ userId }: { userId: string }) => gone.add(userId));
    for (const socket of [atBens, atStrangers]) socket.disconnect();
    await until(() => gone.size === 2, { what: 'both are gone', withinMs: 15_000 });
    expect(gone).toEqual(new Set([ben.id, stranger.id]));
    // A cancellation says nothing, by itself or by another only booking; who comes back after it is none of Ann's any more.
    await book(ann.id, ben.id, 'cancelled');
    await book(ann.id, `dee${ann.id}`, 'confirmed', true);
    await silence(atAnns, 'user-online', { forMs: 1_000 });
    await Promise.all([ben.connect(), stranger.connect()]);
    await silence(atAnns, 'user-online', { forMs: 1_500 });
  });

  it('knows everybody who is booked, also when one page does not hold them', async () => {
    const { ann, ben } = await booked();
    const others = Array.from({ length: 200 }, (_, i) => person(`${i}${ann.id}`));
    await Promise.all(others.map(({ id }) => book(ann.id, id)));
    const last = person(`last${ann.id}`);
    await book(ann.id, last.id);
    const { socket } = await ann.connect();
    const heard = new Set<string>();
    socket.on('user-online', ({ userId }: { userId: string }) => heard.add(userId));
    await Promise.all([ben.connect(), last.connect()]);
    await until(() => heard.has(ben.id) && heard.has(last.id), { what: 'both are heard of', withinMs: 20_000 });
  });

  it('refuses who has no booking, or no longer, and stores nothing', async () => {
    const { ann, ben, id } = await booked();
    const { socket } = await ann.connect();
    const refusal = async (event: string, ...args: unknown[]) => {
      const refused = next<{ message: string }>(socket, 'error');
      socket.emit(event, ...args);
      return (await refused).message;
    };
    const send = (message: unknown, receiverId: unknown = ben.id) =>
      refusal('send-message', { conversationId: id, receiverId, message });
    const sent = next(socket, 'message-sent');
    socket.emit('send-message', { conversationId: id, receiverId: ben.id, message: 'booked' });
    await sent;
    await book(ann.id, ben.id, 'cancelled');
    expect(await send('too late')).toMatch(/booking/);
    await ben.ask('GET', '/conversations/x');
    expect(await send('never booked', `${ben.id}0`)).toMatch(/./);
    expect(await send('')).toMatch(/./);
    expect(await refusal('join-conversation', 'somebody_else')).toMatch(/conversation/);
    expect(await refusal('join-conversation', { conversationId: id })).toMatch(/./);
    for (const receiverId of [1.5, -1, 2 ** 53, '__proto__', 'x'.repeat(10_000)]) {
      expect(await send('hi', receiverId)).toMatch(/./);
    }
    const { body } = await ann.ask('GET', `/messages/${id}`);
    expect(body).toMatchObject([{ message: 'booked' }]);
  });

  it('keeps everybody to their own conversations over HTTP, in its envelope', async () => {
    const { ann, ben, id } = await booked();
    const refused = (status: number) => ({ status, body: { success: false, message: expect.any(String) } });
    const outsider = person(`out${ann.id}`);
    expect(await outsider.ask('GET', `/messages/${id}`)).toMatchObject(refused(403));
    expect(await outsider.ask('PATCH', `/conversations/${id}/read`)).toMatchObject(refused(403));
    expect(await outsider.ask('GET', `/conversations/${ben.id}`)).toMatchObject(refused(403));
    expect(await ann.ask('GET', `/messages/${id}?limit=-1`)).toMatchObject(refused(400));
    expect(await ann.ask('GET', `/messages/${id}?offset=-1`)).toMatchObject(refused(400));
    const response = await fetch(`${url}/chat/messages/${id}`);
    expect([response.status, await response.json()]).toMatchObject([401, { success: false }]);
  });

  it('knows two users apart whose ids contain the separator', async () => {
    const mark = randomBytes(4).toString('hex');
    const [ann, ben] = [person(`a_b${mark}`), person(`c${mark}`)];
    await book(ann.id, ben.id);
    const [{ socket: atAnns }, { socket: atBens }] = await Promise.all([ann.connect(), ben.connect()]);
    const heard = next<Said>(atBens, 'new-message');
    atAnns.emit('send-message', { conversationId: `${ann.id}_${ben.id}`, message: 'hi' });
    const { conversationId } = await heard;
    expect(conversationId).toBe(`${ben.id}_${ann.id}`);
    const listed = async () => ((await ben.ask('GET', `/messages/${conversationId}`)).body as Said[]).length;
    await until(async () => (await listed()) === 1, { what: 'the message is listed' });
  });
});
