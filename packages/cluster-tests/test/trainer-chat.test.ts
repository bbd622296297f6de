import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { next, silence } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'trainer-chat';
const url = cluster.urls[space] ?? '';
const parley = fileURLToPath(new URL('../../cluster/bin/parley', import.meta.url));
const password = 'S3cure-enough';
beforeEach(() => cluster.whole());

type User = { id: string; email: string; firstName: string; role: string };
type Conversation = { id: string; userId: string; trainerId: string; status: string; unreadCount: number };
type Said = { id: string; content: string; senderId: string; receiverId: string; conversationId: string };

async function call(method: string, path: string, { token, body }: { token?: string; body?: object } = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

/** Somebody with the token that the product gave them. */
function holder({ user, access_token: token }: { user: User; access_token: string }) {
  return {
    ...user,
    token,
    ask: (method: string, path: string, body?: object) => call(method, path, { token, ...(body && { body }) }),
    async connect(): Promise<Socket> {
      const socket = io(url, { auth: { token }, forceNew: true });
      onTestFinished(() => void socket.disconnect());
      await next(socket, 'connect');
      return socket;
    },
  };
}
type Holder = ReturnType<typeof holder>;
type Login = Parameters<typeof holder>[0];

const addressOf = (name: string) => `${name}-${randomBytes(4).toString('hex')}@example.org`;

async function register(name: string): Promise<Holder> {
  const body = { email: addressOf(name), password, firstName: name, lastName: 'Test', role: 'admin' };
  const answer = await call('POST', '/auth/register', { body });
  expect(answer).toMatchObject({ status: 201, body: { user: { email: body.email, firstName: name, role: 'user' } } });
  return holder(answer.body as Login);
}

let administrator: Promise<Holder> | undefined;

/** Whom the operator made: a first administrator has no other way in. */
const theAdmin = (): Promise<Holder> => (administrator ??= appointAdmin());

async function appointAdmin(): Promise<Holder> {
  const email = addressOf('admin');
  const words = ['user', 'create', space, addressOf('id'), '--role', 'admin', '--email', email, '--dir', cluster.dir];
  await promisify(execFile)(parley, words, { env: { ...process.env, PARLEY_PASSWORD: password } });
  const { body } = await call('POST', '/auth/login', { body: { email, password } });
  expect(body).toMatchObject({ user: { email, role: 'admin' } });
  return holder(body as Login);
}

/** Somebody who registered, and whom the administrator then made a trainer; their next login says so. */
async function appointTrainer(): Promise<Holder> {
  const { id, email } = await register('Tom');
  const made = await (await theAdmin()).ask('PUT', `/v1/users/${id}`, { role: 'agent' });
  expect(made.status).toBe(200);
  const { body } = await call('POST', '/auth/login', { body: { email, password } });
  expect(body).toMatchObject({ user: { id, role: 'trainer' } });
  return holder(body as Login);
}

/** A user with a trainer whom an admin assigned. */
async function assigned() {
  const [admin, trainer, user] = [await theAdmin(), await appointTrainer(), await register('Uma')];
  const answer = await admin.ask('POST', `/users/${user.id}/assign-trainer/${trainer.id}`);
  expect(answer).toMatchObject({ status: 201, body: { id: user.id, assignedTrainerId: trainer.id } });
  const { body } = await user.ask('POST', '/chat/conversations', { trainerId: trainer.id });
  return { admin, trainer, user, conversationId: (body as Conversation).id };
}

async function join(socket: Socket, conversationId: string) {
  const history = next<{ conversationId: string; messages: Said[] }>(socket, 'conversationHistory');
  socket.emit('joinConversation', { conversationId });
  return (await history).messages;
}

describe('trainer-chat, as its document says', () => {
  it('registers users as nothing more, logs them in, and tells a wrong password from nothing', async () => {
    const user = await register('Ana');
    const login = (body: object) => call('POST', '/auth/login', { body });
    expect(await login({ email: user.email, password })).toMatchObject({
      status: 200,
      body: { user: { id: user.id } },
    });
    const wrong = await login({ email: user.email, password: 'wrong' });
    expect(wrong).toMatchObject({ status: 401, body: { statusCode: 401, message: expect.any(String) } });
    expect((await login({ email: addressOf('nobody'), password })).body).toEqual(wrong.body);
    const again = await call('POST', '/auth/register', { body: { email: user.email, password } });
    expect(again).toMatchObject({ status: 409, body: { statusCode: 409 } });
    expect((await call('GET', '/chat/conversations')).status).toBe(401);
    const bad = io(url, { auth: { token: 'none' }, forceNew: true, reconnection: false });
    onTestFinished(() => void bad.disconnect());
    expect(await next<Error>(bad, 'connect_error')).toBeInstanceOf(Error);
  });

  it('shows users to admins and trainers, trainers to everybody, and lets only admins assign', async () => {
    const { admin, trainer, user } = await assigned();
    const ids = async (who: Holder, path: string) => ((await who.ask('GET', path)).body as User[]).map(({ id }) => id);
    expect(await ids(user, '/users/trainers')).toContain(trainer.id);
    expect((await user.ask('GET', '/users')).status).toBe(403);
    for (const staff of [admin, trainer]) expect((await staff.ask('GET', '/users')).status).toBe(200);
    expect((await admin.ask('GET', `/users/${user.id}`)).body).toMatchObject({ email: user.email, role: 'user' });
    expect((await user.ask('GET', `/users/${trainer.id}`)).body).toMatchObject({
      id: trainer.id,
      role: 'trainer',
    });
    const stranger = await register('Sid');
    expect((await stranger.ask('GET', `/users/${user.id}`)).status).toBe(404);
    expect((await stranger.ask('POST', `/users/${stranger.id}/assign-trainer/${trainer.id}`)).status).toBe(403);
    expect((await stranger.ask('POST', '/chat/conversations', { trainerId: trainer.id })).status).toBe(403);
  });

  it('brings messages to whoever joined, with the history before, and a notification to whoever did not', async () => {
    const { trainer, user, conversationId } = await assigned();
    await user.ask('POST', '/chat/messages', { conversationId, content: 'before', type: 'text' });
    const [atUsers, atTrainers] = await Promise.all([user.connect(), trainer.connect()]);
    expect(await join(atUsers, conversationId)).toMatchObject([{ content: 'before', senderId: user.id }]);
    const notified = next<{ conversationId: string; message: Said }>(atTrainers, 'newMessageNotification');
    const echoed = next<Said>(atUsers, 'newMessage');
    atUsers.emit('sendMessage', { conversationId, content: 'Hello!', type: 'text' });
    const row = {
      content: 'Hello!',
      type: 'text',
      isRead: false,
      senderId: user.id,
      receiverId: trainer.id,
      conversationId,
      sender: { id: user.id, firstName: 'Uma', role: 'user' },
    };
    expect(await notified).toMatchObject({ conversationId, message: row });
    expect(await echoed).toMatchObject(row);
    const joined = next<{ userId: string }>(atUsers, 'userJoined');
    expect((await join(atTrainers, conversationId)).map(({ content }) => content)).toEqual(['before', 'Hello!']);
    expect(await joined).toMatchObject({ conversationId, userId: trainer.id });
    const heard = next<Said>(atUsers, 'newMessage');
    const quiet = silence(atUsers, 'newMessageNotification', { forMs: 500 });
    atTrainers.emit('sendMessage', { conversationId, content: 'Hi', type: 'text' });
    expect(await heard).toMatchObject({ content: 'Hi', senderId: trainer.id, receiverId: user.id });
    await quiet;
  });

  it('tells who types, who reads and who leaves', async () => {
    const { trainer, user, conversationId } = await assigned();
    const [atUsers, atTrainers] = await Promise.all([user.connect(), trainer.connect()]);
    await join(atUsers, conversationId);
    const met = next(atUsers, 'userJoined');
    await join(atTrainers, conversationId);
    await met;
    for (const isTyping of [true, false]) {
      const told = next(atTrainers, 'userTyping');
      atUsers.emit('typing', { conversationId, isTyping });
      expect(await told).toMatchObject({ conversationId, userId: user.id, isTyping });
    }
    const heard = next<Said>(atTrainers, 'newMessage');
    atUsers.emit('sendMessage', { conversationId, content: 'read me' });
    const { id } = await heard;
    expect((await trainer.ask('GET', '/chat/messages/unread/count')).body).toMatchObject({ count: 1 });
    const read = next(atUsers, 'messageRead');
    atTrainers.emit('markAsRead', { messageId: id });
    expect(await read).toMatchObject({ messageId: id, conversationId, readBy: trainer.id });
    expect((await trainer.ask('GET', '/chat/messages/unread/count')).body).toMatchObject({ count: 0 });
    expect((await user.ask('GET', `/chat/conversations/${conversationId}/messages`)).body).toMatchObject([
      { id, isRead: true },
    ]);
    const left = next(atUsers, 'userLeft');
    atTrainers.emit('leaveConversation', { conversationId });
    expect(await left).toMatchObject({ conversationId, userId: trainer.id });
  });

  it('sends files by their address, and lists, reads and marks over HTTP', async () => {
    const { trainer, user, conversationId } = await assigned();
    const file = { type: 'file', fileUrl: 'https://files.example/plan.pdf', fileName: 'plan.pdf' };
    const sent = await trainer.ask('POST', '/chat/messages', { conversationId, content: 'Your plan', ...file });
    expect(sent).toMatchObject({ status: 201, body: { content: 'Your plan', senderId: trainer.id, ...file } });
    expect((await user.ask('GET', `/chat/conversations/${conversationId}/messages`)).body).toMatchObject([
      { id: (sent.body as Said).id, senderId: trainer.id, receiverId: user.id, isRead: false, ...file },
    ]);
    const row = { id: conversationId, userId: user.id, trainerId: trainer.id, status: 'active' };
    const unread = { ...row, unreadCount: 1, lastMessagePreview: 'Your plan', isUserTyping: false };
    expect((await user.ask('GET', '/chat/conversations')).body).toMatchObject([unread]);
    expect((await user.ask('PUT', `/chat/messages/${(sent.body as Said).id}/read`)).status).toBe(200);
    expect((await user.ask('GET', `/chat/conversations/${conversationId}`)).body).toMatchObject({
      ...row,
      unreadCount: 0,
    });
    await trainer.ask('POST', '/chat/messages', { conversationId, content: 'another' });
    expect((await user.ask('PUT', `/chat/conversations/${conversationId}/read`)).status).toBe(200);
    expect((await user.ask('GET', '/chat/messages/unread/count')).body).toMatchObject({ count: 0 });
  });

  it('stops messages of a closed conversation, and of a trainer whose place another one took', async () => {
    const { admin, trainer, user, conversationId } = await assigned();
    const refusal = async (who: Holder, content: string) => {
      const socket = await who.connect();
      const refused = next<{ message: string }>(socket, 'error');
      socket.emit('sendMessage', { conversationId, content });
      return (await refused).message;
    };
    expect((await user.ask('PUT', `/chat/admin/conversations/${conversationId}/close`)).status).toBe(403);
    const close = await admin.ask('PUT', `/chat/admin/conversations/${conversationId}/close`);
    expect(close).toMatchObject({ status: 200, body: { id: conversationId, status: 'closed' } });
    expect(await refusal(user, 'too late')).toMatch(/closed/);
    const other = await assigned();
    const successor = await appointTrainer();
    await other.admin.ask('POST', `/users/${other.user.id}/assign-trainer/${successor.id}`);
    const late = await other.trainer.ask('POST', '/chat/messages', {
      conversationId: other.conversationId,
      content: 'no longer yours',
    });
    expect(late).toMatchObject({ status: 403, body: { statusCode: 403 } });
    expect((await trainer.ask('GET', `/chat/conversations/${other.conversationId}`)).status).toBe(404);
    expect((await other.user.ask('GET', `/chat/conversations/${other.conversationId}/messages`)).body).toEqual([]);
    expect((await other.user.ask('POST', '/chat/conversations', { trainerId: successor.id })).status).toBe(201);
  });

  it('lets admins see all conversations and read any, page by page, and nobody else', async () => {
    const { admin, user, trainer, conversationId } = await assigned();
    for (const content of ['one', 'two', 'three'])
      await user.ask('POST', '/chat/messages', { conversationId, content });
    const all = (await admin.ask('GET', '/chat/admin/conversations')).body as Conversation[];
    const row = { id: conversationId, userId: user.id, trainerId: trainer.id, status: 'active', isUserTyping: false };
    expect(all.find(({ id }) => id === conversationId)).toMatchObject(row);
    expect((await admin.ask('GET', `/chat/conversations/${conversationId}`)).body).toMatchObject(row);
    const page = async (who: Holder, query: string) =>
      (await who.ask('GET', `/chat/conversations/${conversationId}/messages${query}`)).body as Said[];
    for (const who of [admin, user]) {
      const bodies = async (query: string) => (await page(who, query)).map(({ content }) => content);
      expect(await bodies('')).toEqual(['one', 'two', 'three']);
      expect(await bodies('?page=1&limit=2')).toEqual(['two', 'three']);
      expect(await bodies('?page=2&limit=2')).toEqual(['one']);
      expect(await bodies('?page=9&limit=2')).toEqual([]);
    }
    expect(await page(admin, '?limit=1')).toMatchObject([{ senderId: user.id, receiverId: trainer.id }]);
    expect((await user.ask('GET', '/chat/admin/conversations')).status).toBe(403);
    const stranger = await register('Sid');
    expect((await stranger.ask('GET', `/chat/conversations/${conversationId}/messages`)).status).toBe(404);
    expect((await stranger.ask('GET', `/chat/conversations/${conversationId}`)).status).toBe(404);
  });

  it('shows its interactive documentation at /api', async () => {
    const page = await fetch(`${url}/api`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('swagger-ui')]);
    const { body } = await call('GET', '/docs/openapi.json');
    const paths = Object.keys((body as { paths: object }).paths);
    expect(paths).toContain('/users/{id}/assign-trainer/{trainerId}');
    expect(paths).toContain('/auth/login');
  });
});
