import { type ErrorCode, errorCodes, errors, limits } from '@parley/protocol';
import { freePort } from '@parley/testkit';
import Fastify from 'fastify';
import { Failure } from '@parley/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRefusal } from '../src/refusals.ts';
import { arrive, type Asked, type Person, startApi } from './support/api.ts';

let api: Awaited<ReturnType<typeof startApi>>;
let ada: Person;
let ben: Person;
let admin: Person;
let direct: string;

beforeAll(async () => {
  api = await startApi();
  [ada, ben, admin] = [api.person('ada'), api.person('ben'), api.person('root', { role: 'admin' })];
  await arrive(ada, ben, admin);
  direct = conversationOf(await ada.ask('PUT', '/v1/conversations/direct/ben'));
});
afterAll(() => api.close());

function conversationOf({ body }: Asked): string {
  return (body as { conversation: { id: string } }).conversation.id;
}

function refusal(code: ErrorCode) {
  return { status: errors[code].status, body: { error: { code, message: expect.any(String) } } };
}

describe('who may not ask', () => {
  it('is somebody without a token, or with one in the query', async () => {
    expect(await api.ask('GET', '/v1/conversations')).toMatchObject(refusal('unauthenticated'));
    expect(await api.ask('GET', `/v1/conversations?token=${ada.token}`)).toMatchObject(refusal('unauthenticated'));
    expect(await api.ask('GET', `/v1/conversations?access_token=${ada.token}`)).toMatchObject(
      refusal('unauthenticated'),
    );
  });

  it.each([
    ['another scheme', (token: string) => `Basic ${token}`],
    ['two tokens', (token: string) => `Bearer ${token} ${token}`],
    ['a forged token', (token: string) => `Bearer ${token.slice(0, -4)}AAAA`],
  ])('is somebody with %s', async (_, header) => {
    const answer = await api.ask('GET', '/v1/conversations', { headers: { authorization: header(ada.token) } });
    expect(answer).toMatchObject(refusal('unauthenticated'));
  });

  it('is somebody with a token of another space', async () => {
    const foreign = api.person('ada', { space: api.spaces[1] });
    const headers = { 'x-parley-space': api.spaces[0].name };
    expect(await foreign.ask('GET', '/v1/conversations', { headers })).toMatchObject(refusal('unauthenticated'));
  });

  it('is somebody whose token ended', async () => {
    const late = api.person('ada', { issuedAt: new Date(Date.now() - 60_000), expiresInMs: 30_000 });
    expect(await late.ask('GET', '/v1/conversations')).toMatchObject(refusal('token_expired'));
  });

  it('is somebody who was revoked, until a newer token; and somebody deactivated, whatever the token', async () => {
    const eve = api.person('eve', { issuedAt: new Date(Date.now() - 5_000) });
    await arrive(eve);
    expect((await admin.ask('POST', '/v1/users/eve/revoke')).status).toBe(200);
    expect(await eve.ask('GET', '/v1/conversations')).toMatchObject(refusal('token_revoked'));
    const newer = api.person('eve', { issuedAt: new Date(Date.now() + 5_000) });
    await arrive(newer);
    expect((await admin.ask('PUT', '/v1/users/eve', { body: { active: false } })).status).toBe(200);
    expect(await newer.ask('GET', '/v1/conversations')).toMatchObject(refusal('token_revoked'));
  });

  it('is a page of a foreign origin, also when it says null or only looks alike', async () => {
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil', 'http://app.example']) {
      expect(await ada.ask('GET', '/v1/conversations', { headers: { origin } })).toMatchObject(
        refusal('origin_refused'),
      );
    }
    expect(await ada.ask('GET', '/v1/conversations', { headers: { origin: 'https://app.example' } })).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': 'https://app.example' },
    });
  });

  it('is whoever did not come through the load balancer, or to a space that is none', async () => {
    const without = await api.app.inject({
      url: '/v1/conversations',
      headers: { authorization: `Bearer ${ada.token}` },
    });
    expect(without.statusCode).toBe(404);
    expect(await ada.ask('GET', '/v1/conversations', { headers: { 'x-parley-space': '__proto__' } })).toMatchObject(
      refusal('not_found'),
    );
  });

  it('is everybody but admins, where the host application speaks', async () => {
    expect(await ada.ask('PUT', '/v1/users/ben', { body: { role: 'admin' } })).toMatchObject(refusal('forbidden'));
    expect(await api.person('guide', { role: 'agent' }).ask('POST', '/v1/users/ben/revoke')).toMatchObject(
      refusal('forbidden'),
    );
  });
});

/** Each is refused with its code, and leaves the whole database as it was. */
describe('what is refused changes nothing', () => {
  const sendTo = () => `/v1/conversations/${direct}/messages`;
  const nobody = 'ffffffff-ffff-8000-8000-000000000000';

  it.each<[string, ErrorCode, () => Promise<Asked>]>([
    ['an unknown route', 'unknown_command', () => ada.ask('GET', '/v1/nothing')],
    ['an unknown method', 'unknown_command', () => ada.ask('PATCH', '/v1/conversations', { body: {} })],
    ['a command of sockets only', 'unknown_command', () => ada.ask('POST', '/v1/typing', { body: {} })],
    ['a path that is not UTF-8', 'invalid', () => ada.ask('PUT', '/v1/conversations/direct/%ff')],
    ['a path that climbs', 'unknown_command', () => ada.ask('GET', '/v1/conversations/../../etc/passwd')],
    ['no body', 'invalid', () => ada.ask('POST', sendTo())],
    ['an empty body', 'invalid', () => ada.ask('POST', sendTo(), { body: '' })],
    ['a body that is no JSON', 'invalid', () => ada.ask('POST', sendTo(), { body: '{"body":' })],
    [
      'a body that is broken UTF-8',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: Buffer.from('7b22626f6479223a22ff227d', 'hex') }),
    ],
    ['half a surrogate pair', 'invalid', () => ada.ask('POST', sendTo(), { body: '{"body":"\\ud800"}' })],
    ['the character U+0000', 'invalid', () => ada.ask('POST', sendTo(), { body: { body: 'a\u0000b' } })],
    [
      'a text of another type',
      'invalid',
      () =>
        ada.ask('POST', sendTo(), {
          body: 'body=hello',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
    ],
    ['a list', 'invalid', () => ada.ask('POST', sendTo(), { body: [{ body: 'x' }] })],
    ['a scalar', 'invalid', () => ada.ask('POST', sendTo(), { body: '"x"' })],
    ['null', 'invalid', () => ada.ask('POST', sendTo(), { body: 'null' })],
    ['a number for a text', 'invalid', () => ada.ask('POST', sendTo(), { body: { body: 7 } })],
    ['an object for a text', 'invalid', () => ada.ask('POST', sendTo(), { body: { body: { text: 'x' } } })],
    ['an empty text', 'invalid', () => ada.ask('POST', sendTo(), { body: { body: '' } })],
    [
      'an empty text with an attachment',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: { body: '', attachments: [{ url: 'https://files.example/a' }] } }),
    ],
    ['an image without anything', 'invalid', () => ada.ask('POST', sendTo(), { body: { body: '', kind: 'image' } })],
    [
      'a text one character too long',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: { body: 'x'.repeat(limits.bodyCharsMax + 1) } }),
    ],
    ['a property that nobody knows', 'invalid', () => ada.ask('POST', sendTo(), { body: { body: 'x', admin: true } })],
    [
      'the key __proto__',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: '{"body":"x","__proto__":{"role":"admin"}}' }),
    ],
    [
      'the key constructor',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: '{"body":"x","constructor":{"prototype":{}}}' }),
    ],
    [
      'another conversation in the body than in the path',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: { body: 'x', conversationId: nobody } }),
    ],
    ['another query than none', 'invalid', () => ada.ask('POST', `${sendTo()}?kind=text`, { body: { body: 'x' } })],
    [
      'a clientId that is no UUID',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: { body: 'x', clientId: "' or 1=1" } }),
    ],
    [
      'a conversation that is no id',
      'invalid',
      () => ada.ask('POST', '/v1/conversations/1/messages', { body: { body: 'x' } }),
    ],
    [
      '30,000 levels of lists',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: `{"body":${'['.repeat(30_000)}${']'.repeat(30_000)}}` }),
    ],
    [
      'nine levels of objects',
      'invalid',
      () => ada.ask('POST', sendTo(), { body: `${'{"a":'.repeat(9)}1${'}'.repeat(9)}` }),
    ],
    ['a body of 1 MiB', 'too_large', () => ada.ask('POST', sendTo(), { body: { body: 'x'.repeat(1024 * 1024) } })],
    [
      'a body one byte too large',
      'too_large',
      () => ada.ask('POST', sendTo(), { body: ' '.repeat(limits.frameBytesMax + 1) }),
    ],
    ['a limit that is no number', 'invalid', () => ada.ask('GET', `${sendTo()}?limit=ten`)],
    ['a limit that is too large', 'invalid', () => ada.ask('GET', `${sendTo()}?limit=${limits.pageMax + 1}`)],
    ['a number beyond all numbers', 'invalid', () => ada.ask('GET', `${sendTo()}?afterSeq=99999999999999999999`)],
    ['a parameter twice', 'invalid', () => ada.ask('GET', `${sendTo()}?limit=1&limit=2`)],
    ['a parameter __proto__', 'invalid', () => ada.ask('GET', `${sendTo()}?__proto__=1`)],
    ['a cursor of nobody', 'invalid', () => ada.ask('GET', '/v1/conversations?after=hello')],
    ['a system message', 'forbidden', () => ada.ask('POST', sendTo(), { body: { body: 'x', kind: 'system' } })],
    [
      'a conversation of others',
      'not_found',
      () =>
        api
          .person('ben2')
          .ask('GET', '/v1/conversations')
          .then(() => api.person('ben2').ask('POST', sendTo(), { body: { body: 'x' } })),
    ],
    [
      'a conversation of nobody',
      'not_found',
      () => ada.ask('POST', `/v1/conversations/${nobody}/messages`, { body: { body: 'x' } }),
    ],
    ['a peer of nobody', 'not_found', () => ada.ask('PUT', '/v1/conversations/direct/nobody')],
    ['oneself as a peer', 'invalid', () => ada.ask('PUT', '/v1/conversations/direct/ada')],
  ])('%s is %s', async (_, code, attempt) => {
    await arrive(api.person('ben2'));
    const before = await api.fingerprint();
    const answer = await attempt();
    expect(answer).toMatchObject(refusal(code));
    expect(await api.fingerprint()).toBe(before);
  });

  it('though what is accepted does: a body at its limit is stored', async () => {
    const before = await api.fingerprint();
    const answer = await ada.ask('POST', sendTo(), { body: { body: 'x'.repeat(limits.bodyCharsMax) } });
    expect(answer.status).toBe(200);
    expect(await api.fingerprint()).not.toBe(before);
  });

  it('what a former member says is not_member, and a former member cannot be added by another', async () => {
    const group = conversationOf(
      await ada.ask('POST', '/v1/conversations', { body: { title: 'G', memberIds: ['ben'] } }),
    );
    await ada.ask('DELETE', `/v1/conversations/${group}/members/ben`);
    const before = await api.fingerprint();
    expect(await ben.ask('POST', `/v1/conversations/${group}/messages`, { body: { body: 'x' } })).toMatchObject(
      refusal('not_member'),
    );
    expect(await ben.ask('POST', `/v1/conversations/${group}/members`, { body: { userIds: ['ben'] } })).toMatchObject(
      refusal('not_member'),
    );
    expect(await api.fingerprint()).toBe(before);
  });
});

describe('a budget', () => {
  it('that is used up is told with the time to wait, also by those who only make mistakes', async () => {
    const tight = await startApi({ budgets: { ...api.spaces[0].budgets, write: { points: 2, windowMs: 30_000 } } });
    try {
      const person = tight.person('ada');
      await arrive(person);
      const put = () => person.ask('PUT', '/v1/conversations/direct/ada');
      expect([(await put()).status, (await put()).status]).toEqual([400, 400]);
      const answer = await put();
      expect(answer).toMatchObject(refusal('rate_limited'));
      const { retryAfterMs } = (answer.body as { error: { retryAfterMs: number } }).error;
      expect(retryAfterMs).toBeGreaterThan(20_000);
      expect(Number(answer.headers['retry-after'])).toBe(Math.ceil(retryAfterMs / 1000));
      expect((await person.ask('GET', '/v1/conversations')).status).toBe(200);
    } finally {
      await tight.close();
    }
  });
});

describe('a store that is away', () => {
  it('is unavailable with a time to come back, and the node answers all the same', async () => {
    const lonely = await startApi({ databaseUrl: `postgres://postgres@127.0.0.1:${await freePort()}/postgres` });
    try {
      const answer = await lonely.person('ada').ask('GET', '/v1/conversations');
      expect(answer).toMatchObject(refusal('unavailable'));
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(await lonely.ask('GET', '/health')).toMatchObject({ status: 200 });
    } finally {
      await lonely.close();
    }
  });
});

describe('every code of the errors table', () => {
  it.each(errorCodes)('%s has its status on the wire', async (code) => {
    const app = Fastify();
    app.get('/', (_request, reply) => sendRefusal(reply, new Failure(code)));
    const answer = await app.inject('/');
    expect(answer.statusCode).toBe(errors[code].status);
    expect(answer.json()).toMatchObject({ error: { code } });
    await app.close();
  });

  it('says nothing of a defect but that it is ours', async () => {
    const app = Fastify();
    app.get('/', (_request, reply) => sendRefusal(reply, new TypeError('password is hunter2')));
    const answer = await app.inject('/');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    await app.close();
  });
});
