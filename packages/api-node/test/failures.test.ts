import { randomUUID } from 'node:crypto';
import { limits } from '@parley/protocol';
import { until, whileHeld } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, type Person, startApi } from './support/api.ts';

type Session = Awaited<ReturnType<Awaited<ReturnType<typeof startApi>>['session']>>;

let api: Awaited<ReturnType<typeof startApi>>;
let ada: Person;
let session: Session;
let messages: string;

beforeAll(async () => {
  api = await startApi();
  ada = api.person('ada');
  await arrive(ada, api.person('ben'));
  const { body } = await ada.ask('PUT', '/v1/conversations/direct/ben');
  messages = `/v1/conversations/${(body as { conversation: { id: string } }).conversation.id}/messages`;
  session = await api.session();
});
afterAll(async () => {
  await session.end();
  await api.close();
});

const send = (body: unknown) => ada.ask('POST', messages, { body });

const held = <T>(work: () => Promise<T>): Promise<T> => whileHeld(session, work);

describe('a request that does not fit', () => {
  it('is told each place and what it must be, in words', async () => {
    const { status, body } = await send({ body: 'x'.repeat(limits.bodyCharsMax + 1), clientId: '7', admin: true });
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        error: {
          code: 'invalid',
          message: 'The payload does not match its schema: /admin is an unknown field.',
          details: [
            { path: '/admin', message: 'is an unknown field' },
            { path: '/clientId', message: 'must be a UUID' },
            { path: '/body', message: 'must have at most 8,000 characters' },
          ],
        },
      },
    });
    const query = await ada.ask('GET', `${messages}?limit=ten&afterSeq=-1`);
    expect(query.body).toMatchObject({
      error: {
        details: [
          { path: '/afterSeq', message: 'must be at least 0' },
          { path: '/limit', message: 'must be a whole number' },
        ],
      },
    });
  });

  it('is told where it is too deep', async () => {
    const { body } = await send({ body: [[[[[[[[['x']]]]]]]]] });
    expect(body).toMatchObject({
      error: { details: [{ path: '/body/0/0/0/0/0/0/0', message: 'is nested deeper than 8 levels' }] },
    });
  });

  it('may write a list in a query in both ways', async () => {
    const asked = await Promise.all(
      ['userIds=ben,ada', 'userIds=ben&userIds=ada'].map((query) => ada.ask('GET', `/v1/presence?${query}`)),
    );
    for (const { status, body } of asked) {
      const { presences } = body as { presences: { userId: string }[] };
      expect({ status, users: presences.map(({ userId }) => userId).sort() }).toMatchObject({
        status: 200,
        users: ['ada', 'ben'],
      });
    }
  });
});

describe('a store that cannot do it now', () => {
  it('is busy when somebody else holds the conversation: nothing is stored, and there is a time to come back', async () => {
    const { status, body, headers } = await held(() => send({ body: 'held' }));
    expect({ status, body }).toMatchObject({ status: 503, body: { error: { code: 'busy' } } });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    const { body: page } = await ada.ask('GET', messages);
    expect(page).toMatchObject({ messages: [] });
  });

  it('is outcome_unknown when it goes away in the middle, and the same clientId tells', async () => {
    const message = { body: 'in flight', clientId: randomUUID() };
    const { status, body } = await held(async () => {
      const sending = send(message);
      await until(
        async () => {
          const { rowCount } = await session.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where wait_event_type = 'Lock' and datname = current_database() and application_name like 'parley sends %'`,
          );
          return rowCount === 1;
        },
        { what: 'the send waits, and its session is ended' },
      );
      return sending;
    });
    expect({ status, body }).toMatchObject({ status: 504, body: { error: { code: 'outcome_unknown' } } });
    expect(await until(async () => (await send(message)).status === 200, { what: 'the retry is answered' })).toBe(true);
    const { body: page } = await ada.ask('GET', messages);
    expect((page as { messages: object[] }).messages).toMatchObject([message]);
  });

  it('is internal when something of ours is broken: no word about it in the answer, all of it in the log', async () => {
    await session.query('alter table messages rename to messages_away');
    const before = api.logged.length;
    const { status, body } = await ada.ask('GET', messages);
    await session.query('alter table messages_away rename to messages');
    expect(status).toBe(500);
    expect(body).toEqual({
      error: { code: 'internal', message: 'A defect of ours, logged with its ids. It may be done.' },
    });
    expect(api.logged.slice(before).map(({ err }) => err?.message)).toEqual([expect.stringContaining('messages')]);
    expect((await ada.ask('GET', messages)).status).toBe(200);
  });
});
