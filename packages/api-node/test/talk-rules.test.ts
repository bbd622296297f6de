import { once } from 'node:events';
import { createServer } from 'node:http';
import { freePort } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, type Asked, type Person, startApi } from './support/api.ts';

const refused = { status: 403, body: { error: { code: 'not_permitted' } } };

describe('in a space of assigned agents', () => {
  let api: Awaited<ReturnType<typeof startApi>>;
  let people: Record<'user' | 'other' | 'agent' | 'admin', Person>;
  beforeAll(async () => {
    api = await startApi({ talk: 'assigned' });
    people = {
      user: api.person('user'),
      other: api.person('other'),
      agent: api.person('agent', { role: 'agent' }),
      admin: api.person('admin', { role: 'admin' }),
    };
    await arrive(...Object.values(people));
  });
  afterAll(() => api.close());

  const open = (by: Person, peer: Person): Promise<Asked> =>
    by.ask('PUT', `/v1/conversations/direct/${peer.userId}`, { body: {} });
  const idOf = ({ body }: Asked) => (body['conversation'] as { id: string }).id;
  const send = (by: Person, id: string): Promise<Asked> =>
    by.ask('POST', `/v1/conversations/${id}/messages`, { body: { body: 'hello' } });
  const assign = (status: string): Promise<Asked> =>
    people.admin.ask('PUT', '/v1/links/user/agent', { body: { kind: 'assignment', status } });

  it('a user talks with the assigned agent only, and only while they are assigned', async () => {
    const { user, other, agent } = people;
    for (const [by, peer] of [
      [user, agent],
      [agent, user],
      [user, other],
    ] as const) {
      expect(await open(by, peer)).toMatchObject(refused);
    }
    expect(await assign('confirmed')).toMatchObject({ status: 200, body: { link: { userA: 'user', userB: 'agent' } } });
    const id = idOf(await open(agent, user));
    expect(await send(user, id)).toMatchObject({ status: 200 });
    expect(await open(user, other)).toMatchObject(refused);
    await assign('cancelled');
    for (const by of [user, agent]) expect(await send(by, id)).toMatchObject(refused);
    expect((await user.ask('GET', `/v1/conversations/${id}/messages`)).body['messages']).toHaveLength(1);
  });

  it('an admin writes to everybody, and whom an admin wrote to may answer', async () => {
    const { user, other, admin } = people;
    expect(await open(other, admin)).toMatchObject(refused);
    const id = idOf(await open(admin, other));
    for (const by of [admin, other]) expect(await send(by, id)).toMatchObject({ status: 200 });
    expect(await open(user, admin)).toMatchObject(refused);
  });

  it('only admins make groups and add to them', async () => {
    const { user, admin } = people;
    const make = (by: Person) =>
      by.ask('POST', '/v1/conversations', { body: { title: 'A group', memberIds: ['other'] } });
    expect(await make(user)).toMatchObject(refused);
    const group = idOf(await make(admin));
    expect(await send(people.other, group)).toMatchObject({ status: 200 });
    const add = await people.other.ask('POST', `/v1/conversations/${group}/members`, { body: { userIds: ['user'] } });
    expect(add).toMatchObject(refused);
  });

  it('links are written by the product, and read by whom they concern', async () => {
    const { user, other, admin } = people;
    const put = { body: { kind: 'booking', status: 'confirmed' } };
    const forbidden = { status: 403, body: { error: { code: 'forbidden' } } };
    expect(await user.ask('PUT', '/v1/links/user/other', put)).toMatchObject(forbidden);
    expect(await user.ask('DELETE', '/v1/links/user/agent')).toMatchObject(forbidden);
    expect(await other.ask('GET', '/v1/links?userId=user')).toMatchObject(forbidden);
    const own = await user.ask('GET', '/v1/links');
    expect(own).toMatchObject({ status: 200, body: { links: [{ kind: 'assignment', userB: 'agent' }] } });
    expect((await admin.ask('GET', '/v1/links?userId=user')).body).toEqual(own.body);
  });
});

describe('in a space that asks its host application', () => {
  const host = {
    says: true as boolean | 'nothing',
    asked: [] as string[],
    server: createServer((request, response) => {
      const chunks: Uint8Array[] = [];
      request.on('data', (chunk: Uint8Array) => void chunks.push(chunk));
      request.on('end', () => {
        const { userA, userB } = JSON.parse(Buffer.concat(chunks).toString()) as { userA: string; userB: string };
        host.asked.push(`${userA} ${userB}`);
        response.writeHead(host.says === 'nothing' ? 500 : 200).end(JSON.stringify({ allowed: host.says }));
      });
    }),
  };
  let api: Awaited<ReturnType<typeof startApi>>;
  let people: Record<'ada' | 'ben' | 'admin', Person>;
  beforeAll(async () => {
    const port = await freePort();
    await once(host.server.listen(port, '127.0.0.1'), 'listening');
    api = await startApi({ talk: 'ask', ask: { url: `http://127.0.0.1:${port}/`, secret: 's'.repeat(32) } });
    people = { ada: api.person('ada'), ben: api.person('ben'), admin: api.person('admin', { role: 'admin' }) };
    await arrive(...Object.values(people));
  });
  afterAll(async () => {
    await api.close();
    host.server.closeAllConnections();
    host.server.close();
  });

  const idOf = ({ body }: Asked) => (body['conversation'] as { id: string }).id;
  const forget = (by: Person) => by.ask('DELETE', '/v1/links/ben/ada/cache');
  const say = async (says: boolean | 'nothing') => {
    host.says = says;
    expect((await forget(people.admin)).status).toBe(200);
  };

  it('two users talk for as long as it says so, and no longer once its answer was called back', async () => {
    const { ada, ben } = people;
    await say(true);
    const id = idOf(await ada.ask('PUT', '/v1/conversations/direct/ben', { body: {} }));
    const clientId = 'abababab-0000-4000-8000-00000000a5c0';
    const send = (by: Person, body: object = { body: 'hello' }) =>
      by.ask('POST', `/v1/conversations/${id}/messages`, { body });
    const stored = await send(ada, { body: 'first', clientId });
    expect(stored.status).toBe(200);
    expect(await send(ben)).toMatchObject({ status: 200 });
    expect(host.asked).toEqual(['ada ben']);
    const messageId = String(stored.body['id']);

    await say(false);
    for (const by of [ada, ben]) expect(await send(by)).toMatchObject(refused);
    expect(await ada.ask('PATCH', `/v1/messages/${messageId}`, { body: { body: 'edited' } })).toMatchObject(refused);
    expect(
      await ada.ask('POST', `/v1/conversations/${id}/messages`, { body: { body: 'first', clientId } }),
    ).toMatchObject({
      status: 200,
      body: { id: messageId, duplicate: true },
    });
    expect((await ben.ask('GET', `/v1/conversations/${id}/messages`)).body['messages']).toHaveLength(2);
    expect(host.asked).toHaveLength(2);

    await say('nothing');
    const unanswered = await send(ada);
    expect(unanswered).toMatchObject({ status: 503, body: { error: { code: 'unavailable', retryAfterMs: 1_000 } } });
    expect(unanswered.headers['retry-after']).toBe('1');
    await say(true);
    expect(await send(ada)).toMatchObject({ status: 200, body: { seq: 3 } });
  });

  it('a stranger to a conversation learns nothing, the host is not asked, and only admins make groups', async () => {
    const { ada, admin } = people;
    await say(true);
    const id = idOf(await ada.ask('PUT', '/v1/conversations/direct/ben', { body: {} }));
    const before = host.asked.length;
    const eve = api.person('eve');
    await arrive(eve);
    const body = { body: 'hello' };
    expect(await eve.ask('POST', `/v1/conversations/${id}/messages`, { body })).toMatchObject({ status: 404 });
    const make = (by: Person) => by.ask('POST', '/v1/conversations', { body: { title: 'Us', memberIds: ['ben'] } });
    expect(await make(ada)).toMatchObject(refused);
    const group = idOf(await make(admin));
    expect(await people.ben.ask('POST', `/v1/conversations/${group}/messages`, { body })).toMatchObject({
      status: 200,
    });
    expect(host.asked).toHaveLength(before);
    expect(await forget(ada)).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  });
});
