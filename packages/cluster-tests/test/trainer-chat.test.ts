import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { next, until } from '@parley/testkit';
import { io } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'trainer-chat';
const url = cluster.urls[space] ?? '';
const parley = fileURLToPath(new URL('../../cluster/bin/parley', import.meta.url));
const password = 'S3cure-enough';
beforeEach(() => cluster.whole());

type User = { id: string; email: string; firstName: string; role: string };
type Conversation = { id: string };
type Said = { content: string };

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

describe('trainer-chat, as its document says', () => {
  it('answers a wrong password as it answers an unknown address, and nobody without a token', async () => {
    const user = await register('Ana');
    const login = (body: object) => call('POST', '/auth/login', { body });
    const wrong = await login({ email: user.email, password: 'wrong' });
    expect(await login({ email: addressOf('nobody'), password })).toEqual(wrong);
    expect((await call('GET', '/chat/conversations')).status).toBe(401);
    const bad = io(url, { auth: { token: 'none' }, forceNew: true, reconnection: false });
    onTestFinished(() => void bad.disconnect());
    expect(await next<Error>(bad, 'connect_error')).toBeInstanceOf(Error);
  });

  it('shows users to admins and trainers, nobody to strangers, and lets only admins assign', async () => {
    const { admin, trainer, user } = await assigned();
    for (const staff of [admin, trainer]) expect((await staff.ask('GET', '/users')).status).toBe(200);
    expect((await admin.ask('GET', `/users/${user.id}`)).body).toMatchObject({ email: user.email, role: 'user' });
    const trainerOf = async (who: Holder, id: string) => (await who.ask('GET', `/users/${id}`)).body;
    for (const who of [user, trainer, admin])
      expect(await trainerOf(who, user.id)).toMatchObject({ id: user.id, assignedTrainerId: trainer.id });
    expect(await trainerOf(user, trainer.id)).toMatchObject({ role: 'trainer', assignedTrainerId: null });
    const stranger = await register('Sid');
    expect((await stranger.ask('GET', `/users/${user.id}`)).status).toBe(404);
    expect((await stranger.ask('POST', `/users/${stranger.id}/assign-trainer/${trainer.id}`)).status).toBe(403);
  });

  it('changes the trainer in the middle of a conversation: nothing of the former one is kept from then on', async () => {
    const { admin, trainer, user, conversationId } = await assigned();
    const successor = await appointTrainer();
    const sockets = await Promise.all(
      [user, trainer].map(async ({ token }) => {
        const socket = io(url, { auth: { token }, forceNew: true });
        onTestFinished(() => void socket.disconnect());
        const joined = next(socket, 'conversationHistory');
        socket.emit('joinConversation', { conversationId });
        await joined;
        return socket;
      }),
    );
    const [users, trainers] = sockets;
    if (!users || !trainers) return expect.fail('both are connected');
    const heard = next<Said>(users, 'newMessage');
    trainers.emit('sendMessage', { conversationId, content: 'before' });
    expect(await heard).toMatchObject({ content: 'before' });

    const race = Array.from({ length: 20 }, (_, i) =>
      trainer.ask('POST', '/chat/messages', { conversationId, content: `meanwhile ${i}` }),
    );
    expect(await admin.ask('POST', `/users/${user.id}/assign-trainer/${successor.id}`)).toMatchObject({ status: 201 });
    const kept = async () => (await user.ask('GET', `/chat/conversations/${conversationId}/messages`)).body as Said[];
    const atChange = await kept();
    const stored = (await Promise.all(race)).filter(({ status }) => status === 201).length;
    expect(atChange).toHaveLength(1 + stored);

    for (const socket of sockets) {
      const refused = next(socket, 'error');
      socket.emit('sendMessage', { conversationId, content: 'no longer' });
      expect(await refused).toMatchObject({ code: 'not_permitted' });
    }
    expect(await kept()).toEqual(atChange);
    expect((await trainer.ask('GET', `/chat/conversations/${conversationId}/messages`)).body).toHaveLength(1 + stored);
    const { body } = await user.ask('POST', '/chat/conversations', { trainerId: successor.id });
    const another = (body as Conversation).id;
    expect(another).not.toBe(conversationId);
    const welcome = { conversationId: another, content: 'welcome' };
    expect((await successor.ask('POST', '/chat/messages', welcome)).status).toBe(201);
  });

  it('shows pages of a conversation to admins and to those whose it is, and to nobody else', async () => {
    const { admin, user, conversationId } = await assigned();
    for (const content of ['one', 'two', 'three'])
      await user.ask('POST', '/chat/messages', { conversationId, content });
    const page = async (who: Holder, query: string) =>
      (await who.ask('GET', `/chat/conversations/${conversationId}/messages${query}`)).body as Said[];
    for (const who of [admin, user]) {
      const bodies = async (query: string) => (await page(who, query)).map(({ content }) => content);
      expect(await bodies('')).toEqual(['one', 'two', 'three']);
      expect(await bodies('?page=1&limit=2')).toEqual(['two', 'three']);
      expect(await bodies('?page=2&limit=2')).toEqual(['one']);
      expect(await bodies('?page=9&limit=2')).toEqual([]);
    }
    const stranger = await register('Sid');
    expect((await stranger.ask('GET', `/chat/conversations/${conversationId}/messages`)).status).toBe(404);
    expect((await stranger.ask('GET', `/chat/conversations/${conversationId}`)).status).toBe(404);
  });

  it('says in the rows of a conversation who types, as long as they do, also to an admin', async () => {
    const { admin, trainer, user, conversationId } = await assigned();
    const socket = io(url, { auth: { token: trainer.token }, forceNew: true });
    onTestFinished(() => void socket.disconnect());
    await next(socket, 'connect');
    const flags = async (who: Holder) => {
      const { body } = await who.ask('GET', `/chat/conversations/${conversationId}`);
      const { isUserTyping, isTrainerTyping } = body as { isUserTyping: boolean; isTrainerTyping: boolean };
      return [isUserTyping, isTrainerTyping];
    };
    const becomes = (types: boolean) =>
      until(async () => (await flags(user))[1] === types, { what: `the trainer types: ${types}` });
    expect(await flags(user)).toEqual([false, false]);
    socket.emit('typing', { conversationId, isTyping: true });
    await becomes(true);
    expect([await flags(user), await flags(admin)]).toEqual([
      [false, true],
      [false, true],
    ]);
    const list = await user.ask('GET', '/chat/conversations');
    expect(list.body).toMatchObject([{ id: conversationId, isTrainerTyping: true }]);
    socket.emit('typing', { conversationId, isTyping: false });
    await becomes(false);
    socket.emit('typing', { conversationId });
    await becomes(true);
    socket.emit('sendMessage', { conversationId, content: 'said' });
    await becomes(false);
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
