import { randomInt } from 'node:crypto';
import { next, silence, until } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'alien-fit';
const url = cluster.urls[space] ?? '';
beforeEach(() => cluster.whole());

type Row = { id: string; content: string; senderType: string; isMine: boolean; chatId?: string; senderId?: string };
type Answer<D> = { success: boolean; data: D; pagination?: { page: number; total: number; totalPages: number } };

/** Somebody of the product: its document's client, with nothing but the token. */
function person(name: string, role: 'user' | 'agent' | 'admin' = 'user') {
  const id = `${name}-${randomInt(2 ** 40)}`;
  const token = cluster.token(id, { space, role, name });
  return {
    id,
    async ask<D>(method: string, path: string, body?: object): Promise<{ status: number; body: Answer<D> }> {
      const response = await fetch(`${url}/api/v1/chat${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Answer<D> };
    },
    /** By any of the ways that the document names. */
    async connect(by: 'auth' | 'query' | 'header' = 'auth'): Promise<Socket> {
      const given = {
        auth: { auth: { token } },
        query: { query: { token } },
        header: { extraHeaders: { authorization: `Bearer ${token}` } },
      };
      const socket = io(url, { ...given[by], forceNew: true });
      onTestFinished(() => void socket.disconnect());
      await next(socket, 'connect');
      return socket;
    },
  };
}

describe('alien-fit, as its document says', () => {
  it('keeps one thread for each user: trainers are told who and where, the user never who', async () => {
    const [user, tina, tom] = [person('uma'), person('tina', 'agent'), person('tom', 'agent')];
    const [a, b, c] = await Promise.all([user.connect('query'), tina.connect('header'), tom.connect()]);
    const asked = [next<Row>(a, 'chat:message'), next<Row>(b, 'chat:message'), next<Row>(c, 'chat:message')];
    a.emit('chat:send', { content: 'Is anybody there?' });
    const [own, byTina, byTom] = await Promise.all(asked);
    expect(own).toEqual({
      id: expect.any(String),
      content: 'Is anybody there?',
      createdAt: expect.any(String),
      senderType: 'user',
      isMine: true,
    });
    expect(byTina).toMatchObject({ id: own?.id, senderType: 'user', isMine: false, senderId: user.id });
    expect(byTom).toEqual(byTina);

    const answered = [next<Row>(a, 'chat:message'), next<Row>(b, 'chat:message'), next<Row>(c, 'chat:message')];
    b.emit('chat:send', { userId: user.id, content: 'I am.' });
    const [heard, mine, other] = await Promise.all(answered);
    expect(heard).toEqual({
      id: expect.any(String),
      content: 'I am.',
      createdAt: expect.any(String),
      senderType: 'trainer',
      isMine: false,
    });
    expect(mine).toMatchObject({ senderType: 'trainer', isMine: true, senderId: tina.id, chatId: byTina?.chatId });
    expect(other).toMatchObject({ senderType: 'trainer', isMine: false, senderId: tina.id });
  });

  it('two trainers who answer at the same instant both answer, in one order for all', async () => {
    const [user, tina, tom] = [person('uma'), person('tina', 'agent'), person('tom', 'agent')];
    await user.ask('GET', '/me');
    const answers = await Promise.all(
      [tina, tom].map((trainer) => trainer.ask<Row>('POST', `/users/${user.id}/messages`, { content: 'At once' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const seen = await user.ask<Row[]>('GET', '/me/messages');
    const ids = seen.body.data.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const trainer of [tina, tom]) {
      const { body } = await trainer.ask<Row[]>('GET', `/users/${user.id}/messages`);
      expect(body.data.map(({ id }) => id)).toEqual(ids);
    }
    expect(JSON.stringify(seen.body)).not.toMatch(/tina|tom/);
  });

  it('has all eight routes, each for its role, paged, and with presence', async () => {
    const [user, trainer, admin] = [person('uma'), person('tina', 'agent'), person('ada', 'admin')];
    const socket = await user.connect();
    type Me = { user: { id: string }; presence: { isOnline: boolean } };
    const me = await until(
      async () => {
        const { status, body } = await user.ask<Me>('GET', '/me');
        return status === 200 && body.data.presence.isOnline ? body.data : undefined;
      },
      // A shard that nobody watched before cannot tell at first.
      { what: 'the user is online', withinMs: 30_000 },
    );
    expect(me.user.id).toBe(user.id);
    for (const content of ['one', 'two', 'three']) {
      const sent = await user.ask<Row>('POST', '/me/messages', { content });
      expect(sent).toMatchObject({ status: 201, body: { data: { content, senderType: 'user', isMine: true } } });
    }
    const page = await user.ask<Row[]>('GET', '/me/messages?page=1&limit=2');
    expect(page.body).toMatchObject({
      data: [{ content: 'two' }, { content: 'three' }],
      pagination: { page: 1, total: 3, totalPages: 2 },
    });
    expect((await user.ask<Row[]>('GET', '/me/messages?page=9&limit=2')).body.data).toEqual([]);

    const users = await trainer.ask<{ userId: string }[]>('GET', '/users?limit=100');
    expect(users.body.data.find(({ userId }) => userId === user.id)).toMatchObject({
      lastMessage: { content: 'three', senderId: user.id },
      presence: { isOnline: true },
    });
    const answer = await trainer.ask<Row>('POST', `/users/${user.id}/messages`, { content: 'four' });
    expect(answer).toMatchObject({ status: 201, body: { data: { senderType: 'trainer', senderId: trainer.id } } });
    expect((await trainer.ask<Row[]>('GET', `/users/${user.id}/messages`)).body.data).toHaveLength(4);

    const counted = await admin.ask<{ count: number }>('GET', '/presence/online/count');
    expect(counted.body.data.count).toBeGreaterThan(0);
    expect(await admin.ask('GET', `/presence/${user.id}`)).toMatchObject({ body: { data: { isOnline: true } } });
    socket.disconnect();

    const forbidden = [
      user.ask('GET', '/users'),
      user.ask('GET', `/users/${user.id}/messages`),
      user.ask('POST', `/users/${user.id}/messages`, { content: 'x' }),
      user.ask('GET', '/presence/online/count'),
      trainer.ask('GET', '/presence/online/count'),
      trainer.ask('GET', `/presence/${user.id}`),
      trainer.ask('GET', '/me'),
    ];
    expect((await Promise.all(forbidden)).map(({ status }) => status)).toEqual(forbidden.map(() => 403));
  });

  it('refuses by an event: a trainer who names nobody, or somebody who does not exist; and a heartbeat needs no answer', async () => {
    const trainer = await person('tina', 'agent').connect();
    trainer.emit('chat:send', { content: 'To whom?' });
    expect(await next(trainer, 'error')).toMatchObject({ code: 'invalid' });
    trainer.emit('chat:send', { userId: 'nobody', content: 'Hello?' });
    expect(await next(trainer, 'error')).toMatchObject({ code: 'not_found' });
    trainer.emit('heartbeat');
    await silence(trainer, 'error');
  });
});
