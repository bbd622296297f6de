import { randomBytes } from 'node:crypto';
import { next, silence, until } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'precious-jewellery';
const url = cluster.urls[space] ?? '';
beforeEach(() => cluster.whole());

type Row = {
  _id: string;
  id: string;
  conversationId: string;
  message: string;
  unreadCount: number;
  lastMessage: Row | null;
};
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

/** Two users who exist, connected. */
async function twoAt() {
  const [ann, ben] = [person('Ann'), person('Ben')];
  const [atAnns, atBens] = await Promise.all([ann.connect(), ben.connect()]);
  await Promise.all([ann.ask('GET', '/unread-count'), ben.ask('GET', '/unread-count')]);
  return { ann, ben, atAnns, atBens };
}

const data = (row: object) => ({ data: expect.objectContaining(row) });

describe('precious-jewellery, as its document says', () => {
  it('tells a message, its confirmation, typing and reading, in the envelope of the document', async () => {
    const { ann, ben, atAnns, atBens } = await twoAt();
    const isTyping = next(atBens, 'user_typing');
    atAnns.emit('typing_start', { receiverId: ben.id });
    expect(await isTyping).toMatchObject({ senderId: ann.id, senderName: 'Ann', isTyping: true });
    const stopped = next(atBens, 'user_typing');
    atAnns.emit('typing_stop', { receiverId: ben.id });
    expect(await stopped).toMatchObject({ senderName: 'Ann', isTyping: false });

    const [sent, heard] = [next<{ data: Row }>(atAnns, 'message_sent'), next<{ data: Row }>(atBens, 'new_message')];
    atAnns.emit('send_message', { receiverId: ben.id, message: 'Hello!', messageType: 'text' });
    const row = { senderId: ann.id, receiverId: ben.id, message: 'Hello!', messageType: 'text', isRead: false };
    expect(await heard).toEqual(data({ ...row, senderName: 'Ann', replyTo: null, isBroadcast: false }));
    expect(await sent).toEqual(data({ ...row, id: (await heard).data.id }));

    const { id, _id, conversationId } = (await heard).data;
    expect(_id).toBe(id);
    const read = next(atAnns, 'message_read');
    atBens.emit('mark_message_read', { messageId: id });
    expect(await read).toMatchObject({ messageId: id, conversationId, readBy: ben.id, data: { messageId: id } });

    const [replied, picture] = [next(atAnns, 'new_message'), 'https://files.example/ring.png'];
    atBens.emit('send_message', { receiverId: ann.id, message: picture, messageType: 'image', replyTo: id });
    expect(await replied).toEqual(data({ messageType: 'image', message: picture, replyTo: id, senderId: ben.id }));
    const refused = next(atAnns, 'error');
    atAnns.emit('send_message', { receiverId: ben.id, message: 'x', messageType: 'system' });
    expect(await refused).toMatchObject({ message: expect.any(String) });
  });

  it('keeps conversations: made when asked for, listed, counted, paged, read and deleted over HTTP', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    await Promise.all([ann.ask('GET', '/unread-count'), ben.ask('GET', '/unread-count')]);
    const opened = await ann.ask('GET', `/conversation/${ben.id}`);
    expect(opened).toMatchObject({ status: 200, body: { success: true, data: { unreadCount: 0 } } });
    const { conversationId } = opened.body.data;
    expect((await ben.ask('GET', `/conversation/${ann.id}`)).body.data.conversationId).toBe(conversationId);
    const ids: string[] = [];
    for (const message of ['one', 'two', 'three']) {
      const sent = await ann.ask('POST', '/send', { receiverId: ben.id, message, messageType: 'text' });
      expect(sent).toMatchObject({ status: 201, body: { success: true, data: { message, conversationId } } });
      ids.push(sent.body.data.id);
    }
    expect(await ben.ask('GET', '/conversations')).toMatchObject({
      status: 200,
      body: {
        data: [{ conversationId, unreadCount: 3, lastMessage: { message: 'three' }, otherUser: { name: 'Ann' } }],
        pagination: { total: 1 },
      },
    });
    expect((await ben.ask('GET', '/unread-count')).body.data).toMatchObject({ unreadCount: 3 });
    expect(await ben.ask('PUT', `/message/${ids[1]}/read`)).toMatchObject({ status: 200, body: { success: true } });
    expect((await ben.ask('GET', '/unread-count')).body.data).toMatchObject({ unreadCount: 2 });
    const page = await ann.ask('GET', `/conversation/${conversationId}/messages?page=1&limit=2`);
    expect(page.body).toMatchObject({
      data: [
        { id: ids[1], message: 'two', isRead: true, senderName: 'Ann' },
        { id: ids[2], message: 'three', isRead: false, receiverId: ben.id },
      ],
      pagination: { page: 1, limit: 2, total: 3, totalPages: 2 },
    });
    expect(await ben.ask('PUT', `/conversation/${conversationId}/read`)).toMatchObject({ status: 200 });
    expect((await ben.ask('GET', '/unread-count')).body.data).toMatchObject({ unreadCount: 0 });
    expect(await ben.ask('DELETE', `/message/${ids[2]}`)).toMatchObject({ status: 403, body: { success: false } });
    expect(await ann.ask('DELETE', `/message/${ids[2]}`)).toMatchObject({ status: 200, body: { success: true } });
    const left = await ben.ask('GET', `/conversation/${conversationId}/messages`);
    expect(left.body.data.map(({ message }) => message)).toEqual(['one', 'two']);
    const answer = { receiverId: ann.id, message: 'to what is gone', replyTo: ids[2] };
    expect(await ben.ask('POST', '/send', answer)).toMatchObject({ status: 404, body: { success: false } });
  });

  it('shows who is online, and tells who comes and goes', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    const atAnns = await ann.connect();
    const update = (isOnline: boolean) =>
      next<{ userId: string; isOnline: boolean }>(atAnns, 'user_status_update', {
        withinMs: 40_000,
        where: ({ userId, isOnline: is }) => userId === ben.id && is === isOnline,
      });
    const online = update(true);
    const atBens = await ben.connect();
    expect(await online).toMatchObject({ userId: ben.id, status: 'online', data: { isOnline: true } });
    const onlineUsers = async () => (await ann.ask('GET', '/online-users')).body.data.map(({ id }) => id);
    await until(async () => (await onlineUsers()).includes(ben.id), { what: 'ben is listed' });
    expect(await ann.ask('GET', `/user-status/${ben.id}`)).toMatchObject({
      body: { data: { userId: ben.id, status: 'online', isOnline: true } },
    });
    const offline = update(false);
    atBens.disconnect();
    expect(await offline).toMatchObject({ userId: ben.id, isOnline: false });
    const status = async () => (await ann.ask('GET', `/user-status/${ben.id}`)).body.data;
    expect(await status()).toMatchObject({ isOnline: false, lastSeen: expect.anything() });
    expect(await onlineUsers()).not.toContain(ben.id);
  });

  it('counts reactions, and tells them, by an event and by a route', async () => {
    const { ann, ben, atAnns, atBens } = await twoAt();
    const heard = next<{ data: Row }>(atBens, 'new_message');
    atAnns.emit('send_message', { receiverId: ben.id, message: 'A new ring' });
    const { id: messageId, conversationId } = (await heard).data;
    const told = next(atAnns, 'message_reaction');
    atBens.emit('add_reaction', { messageId, emoji: '💍' });
    const reactions = [{ emoji: '💍', count: 1, userIds: [ben.id] }];
    expect(await told).toEqual({
      data: { messageId, conversationId, userId: ben.id, userName: 'Ben', emoji: '💍', action: 'added', reactions },
    });
    const both = [{ emoji: '💍', count: 2, userIds: [ben.id, ann.id] }];
    const added = await ann.ask('POST', `/message/${messageId}/reaction`, { emoji: '💍' });
    expect(added).toMatchObject({ status: 200, body: { success: true, data: { messageId, reactions: both } } });
    const listed = await ben.ask('GET', `/conversation/${conversationId}/messages`);
    expect(listed.body.data).toMatchObject([{ id: messageId, reactions: both }]);
    const path = `/message/${messageId}/reaction/${encodeURIComponent('💍')}`;
    expect((await ann.ask('DELETE', path)).body.data).toMatchObject({ reactions });
  });

  it('lets admins write to one user, and nobody else do so as an admin', async () => {
    const { ann, ben, atAnns, atBens } = await twoAt();
    const root = person('Root', 'admin');
    const atRoots = await root.connect();
    const [heard, sent] = [next(atBens, 'new_message'), next(atRoots, 'message_sent')];
    atRoots.emit('admin_message_user', { userId: ben.id, message: 'Hello from admin', messageType: 'text' });
    expect(await heard).toEqual(data({ message: 'Hello from admin', senderId: root.id }));
    expect(await sent).toEqual(data({ receiverId: ben.id }));
    const path = '/admin/send-to-user';
    const body = { userId: ben.id, message: 'again' };
    const again = next(atBens, 'new_message');
    expect(await root.ask('POST', path, body)).toMatchObject({ status: 201, body: { data: { message: 'again' } } });
    expect(await again).toEqual(data({ message: 'again' }));
    const nothing = silence(atBens, 'new_message', { forMs: 500 });
    const refused = next(atAnns, 'error');
    atAnns.emit('admin_message_user', { userId: ben.id, message: 'I am no admin' });
    expect(await refused).toMatchObject({ message: expect.any(String) });
    expect(await ann.ask('POST', path, body)).toMatchObject({ status: 403, body: { success: false } });
    await nothing;
  });

  it('broadcasts what admins say to everybody, also to those who come later, and nothing of anybody else', async () => {
    const { ann, atAnns, atBens } = await twoAt();
    const root = person('Root', 'admin');
    const atRoots = await root.connect();
    const message = `Important announcement! ${root.id}`;
    const where = (told: { data: Row }) => told.data.message === message;
    const heard = [atAnns, atBens].map((socket) => next<{ data: Row }>(socket, 'admin_broadcast', { where }));
    const sent = next(atRoots, 'message_sent');
    atRoots.emit('admin_broadcast', { message, messageType: 'text' });
    const broadcast = data({ message, messageType: 'text', isBroadcast: true, receiverId: null });
    expect(await Promise.all([...heard, sent])).toEqual([broadcast, broadcast, broadcast]);

    const again = next<{ data: Row }>(atAnns, 'admin_broadcast');
    const over = await root.ask('POST', '/admin/broadcast', { message: 'Over HTTP' });
    expect(over).toMatchObject({ status: 201, body: { success: true, data: { message: 'Over HTTP' } } });
    expect((await again).data.id).toBe(over.body.data.id);
    const late = person('Late');
    await late.connect();
    const listed = await late.ask('GET', '/conversations');
    const { conversationId } = (await heard[0])?.data ?? expect.fail();
    expect(listed.body.data).toMatchObject([
      { conversationId, type: 'broadcast', lastMessage: { message: 'Over HTTP' } },
    ]);
    const history = await late.ask('GET', `/conversation/${conversationId}/messages`);
    expect(history.body.data.map((row) => row.message)).toEqual(expect.arrayContaining([message, 'Over HTTP']));

    const nothing = silence(atBens, 'admin_broadcast', { forMs: 500 });
    const refused = next(atAnns, 'error');
    atAnns.emit('admin_broadcast', { message: 'I am no admin' });
    expect(await refused).toMatchObject({ message: expect.any(String) });
    expect(await ann.ask('POST', '/admin/broadcast', { message: 'nor over HTTP' })).toMatchObject({ status: 403 });
    await nothing;
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
    const { ann, ben, atAnns } = await twoAt();
    const outsider = person('Out');
    const { conversationId } = (await ann.ask('POST', '/send', { receiverId: ben.id, message: 'hi' })).body.data;
    const refused = (status: number) => ({ status, body: { success: false, message: expect.any(String) } });
    expect(await outsider.ask('GET', `/conversation/${conversationId}/messages`)).toMatchObject(refused(404));
    expect(await ann.ask('GET', `/conversation/${conversationId}/messages?page=-1`)).toMatchObject(refused(400));
    const beyond = await ann.ask('GET', `/conversation/${conversationId}/messages?page=9`);
    expect(beyond).toMatchObject({ status: 200, body: { data: [] } });
    expect(await ann.ask('POST', '/send', { receiverId: 'nobody', message: 'hi' })).toMatchObject(refused(404));
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
