import { randomInt } from 'node:crypto';
import { next } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'alien-fit';
const url = cluster.urls[space] ?? '';
beforeEach(() => cluster.whole());

type Rows = { data: { id: string }[] };

/** Somebody of the product: its document's client, with nothing but the token. */
function person(name: string, role: 'user' | 'agent' = 'user') {
  const id = `${name}-${randomInt(2 ** 40)}`;
  const token = cluster.token(id, { space, role, name });
  return {
    id,
    async ask(method: string, path: string, body?: object): Promise<{ status: number; body: Rows }> {
      const response = await fetch(`${url}/api/v1/chat${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Rows };
    },
    /** By any of the ways that the document names. */
    async connect(by: 'auth' | 'query' | 'header'): Promise<Socket> {
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

describe('alien-fit', () => {
  it.each(['auth', 'query', 'header'] as const)('takes the token as the document names it: %s', async (by) => {
    const socket = await person('uma').connect(by);
    expect(socket.connected).toBe(true);
  });

  it('two trainers who answer at the same instant both answer, in one order for all', async () => {
    const [user, tina, tom] = [person('uma'), person('tina', 'agent'), person('tom', 'agent')];
    await user.ask('GET', '/me');
    const answers = await Promise.all(
      [tina, tom].map((trainer) => trainer.ask('POST', `/users/${user.id}/messages`, { content: 'At once' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const seen = await user.ask('GET', '/me/messages');
    const ids = seen.body.data.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const trainer of [tina, tom]) {
      const { body } = await trainer.ask('GET', `/users/${user.id}/messages`);
      expect(body.data.map(({ id }) => id)).toEqual(ids);
    }
    expect(JSON.stringify(seen.body)).not.toMatch(/tina|tom/);
  });

  it('refuses what is for another role', async () => {
    const [user, trainer] = [person('uma'), person('tina', 'agent')];
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
});
