import { randomBytes } from 'node:crypto';
import { next, until } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'precious-jewellery';
const url = cluster.urls[space] ?? '';
beforeEach(() => cluster.whole());

type Row = { id: string; conversationId: string; message: string; lastMessage: Row | null };
type Answer = { success: boolean; message?: string; data: Row & Row[] };

/** A user of the product: its document's client, with nothing but the token. */
function person(name: string, role: 'user' | 'admin' = 'user') {
  const id = `${name.toLowerCase()}-${randomBytes(6).toString('hex')}`;
  const token = cluster.token(id, { space, role, name });
  return {
    id,
    token,
    async ask(method: string, path: string, body?: object) {
      const response = await fetch(`${url}/api/v0/chat${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const answer = (await response.json()) as Answer;
      return { status: response.status, body: answer };
    },
    async connect(): Promise<Socket> {
      const socket = io(url, { auth: { token }, forceNew: true });
      onTestFinished(() => void socket.disconnect());
      await next(socket, 'connect');
      return socket;
    },
  };
}

describe('precious-jewellery, as its document says', () => {
  it('tells who comes and goes, of people who never wrote too, and when they were last seen', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    const atAnns = await ann.connect();
    const update = (isOnline: boolean) =>
      next<{ userId: string; isOnline: boolean }>(atAnns, 'user_status_update', {
        withinMs: 40_000,
        where: ({ userId, isOnline: is }) => userId === ben.id && is === isOnline,
      });
    const online = update(true);
    const atBens = await ben.connect();
    expect(await online).toMatchObject({ status: 'online', data: { isOnline: true } });
    const offline = update(false);
    atBens.disconnect();
    expect(await offline).toMatchObject({ status: 'offline', lastSeen: expect.any(String) });
    const isKept = async () => {
      const { data } = (await ann.ask('GET', `/user-status/${ben.id}`)).body;
      expect(data).toMatchObject({ status: 'offline', isOnline: false, lastSeen: expect.any(String) });
      return true;
    };
    await until(isKept, { what: 'it is kept when ben was last seen', withinMs: 20_000 });
  });

  it('keeps what admins say to everybody for those who come later', async () => {
    const root = person('Root', 'admin');
    const message = `Before you came ${root.id}`;
    const { id, conversationId } = (await root.ask('POST', '/admin/broadcast', { message })).body.data;
    const late = person('Late');
    const listed = await late.ask('GET', '/conversations');
    expect(listed.body.data).toMatchObject([{ conversationId, type: 'broadcast', lastMessage: { id, message } }]);
    const history = await late.ask('GET', `/conversation/${conversationId}/messages`);
    expect(history.body.data.at(-1)).toMatchObject({ id, message });
  });

  it('loses no broadcast to those who connect meanwhile', async () => {
    const root = person('Root', 'admin');
    const crowd = Array.from({ length: 40 }, (_, i) => person(`Guest${i}`));
    const message = `While you came ${root.id}`;
    const said: Promise<unknown>[] = [];
    const arrive = async (guest: (typeof crowd)[number], i: number) => {
      const socket = io(url, { auth: { token: guest.token }, forceNew: true });
      onTestFinished(() => void socket.disconnect());
      const heard: string[] = [];
      socket.on('admin_broadcast', (told: { data: Row }) => void heard.push(told.data.message));
      await next(socket, 'connect', { withinMs: 30_000 });
      if (i === 10) said.push(root.ask('POST', '/admin/broadcast', { message }));
      return { guest, heard };
    };
    const guests = await Promise.all(crowd.map(arrive));
    await Promise.all(said);
    for (const { guest, heard } of guests) {
      const inHistory = async () => {
        const rows = (await guest.ask('GET', '/conversations')).body.data;
        return rows.some(({ lastMessage }) => lastMessage?.message === message);
      };
      await until(async () => heard.includes(message) || (await inHistory()), { what: `${guest.id} knows of it` });
    }
    expect(guests).toHaveLength(crowd.length);
  });

  it('refuses strangers, strange ids and bad tokens with words', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    const atAnns = await ann.connect();
    await ben.ask('GET', '/unread-count');
    const outsider = person('Out');
    const { id, conversationId } = (await ann.ask('POST', '/send', { receiverId: ben.id, message: 'hi' })).body.data;
    const refused = (status: number) => ({ status, body: { success: false, message: expect.any(String) } });
    expect(await outsider.ask('GET', `/conversation/${conversationId}/messages`)).toMatchObject(refused(404));
    expect(await ann.ask('GET', `/conversation/${conversationId}/messages?page=-1`)).toMatchObject(refused(400));
    const beyond = await ann.ask('GET', `/conversation/${conversationId}/messages?page=9`);
    expect(beyond).toMatchObject({ status: 200, body: { data: [] } });
    expect(await ann.ask('POST', '/send', { receiverId: 'nobody', message: 'hi' })).toMatchObject(refused(404));
    expect(await ann.ask('DELETE', `/message/${id}`)).toMatchObject({ status: 200 });
    const answer = { receiverId: ann.id, message: 'to what is gone', replyTo: id };
    expect(await ben.ask('POST', '/send', answer)).toMatchObject(refused(404));
    const elsewhere = (await ann.ask('POST', '/send', { receiverId: outsider.id, message: 'to another' })).body.data;
    expect(await ben.ask('POST', '/send', { ...answer, replyTo: elsewhere.id })).toMatchObject(refused(404));
    for (const receiverId of [1.5, -1, 2 ** 53, '__proto__', 'x'.repeat(10_000), { $ne: null }]) {
      const error = next(atAnns, 'error');
      atAnns.emit('send_message', { receiverId, message: 'hi' });
      expect(await error).toMatchObject({ message: expect.any(String) });
    }
    const response = await fetch(`${url}/api/v0/chat/conversations`);
    expect([response.status, await response.json()]).toMatchObject([401, { success: false }]);
    const stranger = io(url, { auth: { token: 'none' }, forceNew: true, reconnection: false });
    onTestFinished(() => void stranger.disconnect());
    expect(await next(stranger, 'connect_error')).toBeInstanceOf(Error);
  });
});
