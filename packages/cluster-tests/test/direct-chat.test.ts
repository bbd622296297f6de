import { randomInt } from 'node:crypto';
import { next, silence } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const url = cluster.urls['direct-chat'] ?? '';
beforeEach(() => cluster.whole());

/** A user of the product: its document's client, with nothing but the token. */
function person(name: string) {
  const id = randomInt(1, 2 ** 40);
  const token = cluster.token(String(id), { space: 'direct-chat', name });
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/api/chat${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  return {
    id,
    ask,
    async connect(): Promise<Socket> {
      const socket = io(url, { auth: { token }, forceNew: true });
      onTestFinished(() => void socket.disconnect());
      await next(socket, 'connect');
      return socket;
    },
  };
}

type Answer = { success: boolean; message?: string; data: { id: number; conversation_id: number; total: number } };

describe('direct-chat, as its document says', () => {
  it('sends over HTTP, and lists, reads, counts and deletes with integers', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    await ben.ask('GET', '/unread-count');
    const sent = await ann.ask('POST', '/send', { receiverId: ben.id, content: 'Hello! How are you?' });
    expect(sent).toMatchObject({
      status: 201,
      body: {
        success: true,
        message: 'Message sent',
        data: { sender_id: ann.id, receiver_id: ben.id, is_read: false },
      },
    });
    const { id, conversation_id: conversationId } = sent.body.data;
    expect([Number.isSafeInteger(id), Number.isSafeInteger(conversationId)]).toEqual([true, true]);
    expect(await ben.ask('GET', '/conversations?page=1&limit=20')).toMatchObject({
      status: 200,
      body: {
        data: {
          conversations: [
            { id: conversationId, last_message: 'Hello! How are you?', participant1: {}, participant2: {} },
          ],
          total: 1,
          page: 1,
          totalPages: 1,
        },
      },
    });
    expect((await ben.ask('GET', '/unread-count')).body.data).toMatchObject({ unreadCount: 1 });
    expect((await ben.ask('GET', '/unread')).body.data).toMatchObject([
      { conversationId, unreadCount: 1, otherParticipant: { id: ann.id, name: 'Ann' } },
    ]);
    expect(await ben.ask('PUT', `/conversations/${conversationId}/read`)).toMatchObject({ body: { success: true } });
    expect((await ben.ask('GET', '/unread-count')).body.data).toMatchObject({ unreadCount: 0 });
    const page = `/conversations/${conversationId}/messages?page=1&limit=50`;
    expect(await ann.ask('GET', page)).toMatchObject({
      body: { data: { messages: [{ id, content: 'Hello! How are you?', sender: { id: ann.id } }], total: 1 } },
    });
    expect(await ben.ask('DELETE', `/messages/${id}`)).toMatchObject({ status: 403, body: { success: false } });
    expect(await ann.ask('DELETE', `/messages/${id}`)).toMatchObject({ status: 200, body: { success: true } });
    expect((await ann.ask('GET', page)).body.data).toMatchObject({ messages: [], total: 0 });
  });

  it('tells who is in a conversation what is said, and notifies who is not', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    const [atAnns, atBens] = await Promise.all([ann.connect(), ben.connect()]);
    atBens.emit('join_personal_room');
    const notified = next<{ from: number; conversationId: number }>(atBens, 'message_notification');
    atAnns.emit('send_message', { receiverId: ben.id, content: 'first' });
    const { from, conversationId } = await notified;
    expect(from).toBe(ann.id);
    const joined = next(atAnns, 'user_joined');
    atAnns.emit('join_conversation', { conversationId });
    atBens.emit('join_conversation', { conversationId });
    expect(await joined).toMatchObject({ userId: ben.id });
    const heard = next(atBens, 'new_message');
    const isTyping = next(atBens, 'user_typing');
    atAnns.emit('typing', { conversationId });
    expect(await isTyping).toEqual({ userId: ann.id, conversationId });
    atAnns.emit('send_message', { receiverId: ben.id, conversationId, content: 'second' });
    expect(await heard).toMatchObject({
      senderId: ann.id,
      receiverId: ben.id,
      conversationId,
      content: 'second',
      isRead: false,
      sender: { id: ann.id, name: 'Ann' },
    });
    const read = next(atAnns, 'messages_read');
    atBens.emit('mark_as_read', { conversationId });
    expect(await read).toEqual({ conversationId, userId: ben.id });
    const left = next(atAnns, 'user_left');
    atBens.disconnect();
    expect(await left).toMatchObject({ userId: ben.id });
  });

  it('refuses with words, on the event `error` and in its envelope', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    const socket = await ann.connect();
    const refused = next(socket, 'error');
    socket.emit('send_message', { receiverId: ben.id, content: 'to nobody yet' });
    expect(await refused).toMatchObject({ code: 'not_found' });
    for (const receiverId of [1.5, -1, 2 ** 53, '__proto__', 'x'.repeat(10_000)]) {
      expect(await ann.ask('POST', '/send', { receiverId, content: 'hi' })).toMatchObject({
        status: 400,
        body: { success: false, error: { code: 'invalid' } },
      });
    }
    expect(await ann.ask('GET', '/conversations/999999/messages')).toMatchObject({ status: 404 });
    expect(await ann.ask('GET', '/conversations?page=-1')).toMatchObject({ status: 400 });
    await silence(socket, 'new_message');
  });
});
