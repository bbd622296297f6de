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
