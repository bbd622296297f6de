import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, type Person, startApi } from './support/api.ts';

const base = '/api/v1/chat';

let api: Awaited<ReturnType<typeof startApi>>;
let uma: Person;
let ben: Person;
let tom: Person;
beforeAll(async () => {
  api = await startApi({ dialect: 'alien-fit', talk: 'support' });
  [uma, ben, tom] = [api.person('uma'), api.person('ben'), api.person('tom', { role: 'agent' })];
  await arrive(uma, ben, tom);
});
afterAll(() => api.close());

const say = async (person: Person, path: string, content: string) => {
  const { status } = await person.ask('POST', `${base}${path}`, { body: { content } });
  expect(status).toBe(201);
};

describe('alien-fit over HTTP', () => {
  it('shows users their own thread, whomever they name', async () => {
    await say(uma, '/me/messages', 'from uma');
    await say(ben, '/me/messages', 'from ben');
    const own = await uma.ask('GET', `${base}/me/messages`);
    expect(own).toMatchObject({
      status: 200,
      body: { data: [{ content: 'from uma', senderType: 'user', isMine: true }] },
    });
    for (const userId of ['ben', 'tom', 'agents', 'nobody', '']) {
      const { status, body } = await uma.ask('GET', `${base}/me/messages?userId=${userId}`);
      expect({ userId, status, body }).toEqual({ userId, status: 200, body: own.body });
    }
  });

  it('opens the thread of a user once, and not for every message or page of it', async () => {
    const opened = async () => {
      const metrics = await api.made.registry.metrics();
      return Number(/statement_seconds_count\{statement="open-support"\} (\d+)/.exec(metrics)?.[1] ?? 0);
    };
    await say(uma, '/me/messages', 'there is a thread');
    const before = await opened();
    for (const i of [1, 2, 3]) {
      await say(uma, '/me/messages', `from uma ${i}`);
      await say(tom, '/users/uma/messages', `from tom ${i}`);
    }
    expect((await tom.ask('GET', `${base}/users/uma/messages`)).status).toBe(200);
    expect(await opened()).toBe(before);
  });
});
