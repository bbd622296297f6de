import { dialects } from '@parley/dialects';
import { budgets, errors } from '@parley/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { arrive, startApi } from './support/api.ts';

const one = { points: 3, windowMs: 600_000 };
const apis = new Map<string, ReturnType<typeof startApi>>();
const apiOf = (dialect: string) => {
  const api = apis.get(dialect) ?? startApi({ dialect, budgets: { ...budgets, read: one } });
  apis.set(dialect, api);
  return api;
};
afterAll(async () => {
  for (const api of apis.values()) await (await api).close();
});

const contracts = Object.entries(dialects).filter(([name]) => name !== 'native');

describe('what contracts refuse', () => {
  it.each([
    ['direct-chat', '/api/chat/conversations/2/messages', 404],
    ['direct-chat', '/api/chat/conversations/4503599627370495/messages', 404],
    ['direct-chat', '/api/chat/conversations/-1/messages', 400],
    ['trainer-chat', '/chat/conversations/nope/messages', 404],
    ['precious-jewellery', '/api/v0/chat/conversation/nope/messages', 404],
    ['precious-jewellery', '/api/v0/chat/conversation/nope/messages?limit=1&limit=2', 400],
    ['tutor-go', '/chat/messages/a_b', 403],
  ])('%s refuses %s with %i, and it costs what an answer does', async (dialect, path, status) => {
    const api = await apiOf(dialect);
    const person = api.person(`10${path.length}`);
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await person.ask('GET', path)).status);
    expect(statuses).toEqual([status, status, status, 429]);
  });

  it.each(contracts)('is in the words of %s, also where it has no route', async (dialect, { refusals, routes }) => {
    const person = (await apiOf(dialect)).person('1');
    const withId = routes.find(({ path }) => path.includes('/:'))?.path ?? expect.fail('no route has an id');
    const at = (id: string) => withId.replace(/:\w+/, id);
    const idsOf = (length: number) => at('x'.repeat(length));
    for (const [method, path, code] of [
      ['GET', '/nothing/here', 'unknown_command'],
      ['PATCH', at('7'), 'unknown_command'],
      ['GET', `/${'x'.repeat(10_000)}`, 'unknown_command'],
      ['GET', idsOf(2_000), 'invalid'],
      ['GET', idsOf(10_000), 'invalid'],
      ['GET', at('%ff'), 'invalid'],
      ['POST', '/%ff', 'invalid'],
    ] as const) {
      const { status, body } = await person.ask(method, path);
      expect({ path, status }).toEqual({ path, status: errors[code].status });
      const message = (body['message'] ?? expect.fail(JSON.stringify(body))) as string;
      expect(body).toEqual(refusals.body({ code, message }));
      expect(message.length).toBeLessThan(100);
    }
  });

  it('says why something is forbidden that no role forbids, and what it is that nobody finds', async () => {
    const api = await apiOf('precious-jewellery');
    const [ada, ben] = [api.person('ada'), api.person('ben')];
    await arrive(ada, ben);
    const body = { receiverId: 'ben', message: 'hello' };
    const sent = await ada.ask('POST', '/api/v0/chat/send', { body });
    const path = `/api/v0/chat/message/${Object(sent.body['data']).id}`;
    const theirs = { status: 403, body: { message: 'Somebody else wrote this message.' } };
    expect(await ben.ask('DELETE', path)).toMatchObject(theirs);
    const own = { status: 403, body: { message: 'You wrote this message yourself.' } };
    expect(await ada.ask('PUT', `${path}/read`)).toMatchObject(own);

    const astray = await ada.ask('POST', '/api/v0/chat/send', { body: { receiverId: 'nobody', message: 'hello' } });
    const details = [{ path: '/receiverId', message: 'There is no such user.' }];
    expect(astray).toMatchObject({ status: 404, body: { message: 'There is no such user.', error: { details } } });

    const made = await ada.ask('POST', '/v1/conversations', { body: { title: 'Group', memberIds: ['ben'] } });
    const members = `/v1/conversations/${Object(made.body['conversation']).id}/members`;
    const said = (message: string) => ({ status: 403, body: { error: { message: expect.stringContaining(message) } } });
    expect(await ada.ask('DELETE', `${members}/ada`)).toMatchObject(said('their only owner names another one first'));
    expect(await ben.ask('DELETE', `${members}/ada`)).toMatchObject(said('Owners and admins of a group remove'));
    const become = (role: string) => ({ body: { role } });
    expect(await ada.ask('PATCH', `${members}/ada`, become('member'))).toMatchObject(
      said('its only owner names another'),
    );
    expect(await ben.ask('PATCH', `${members}/ben`, become('owner'))).toMatchObject(
      said('Owners of a group give its roles'),
    );
    const muted = { body: { mutedUntil: '2100-01-01T00:00:00.000Z' } };
    expect(await ben.ask('PATCH', `${members}/ada`, muted)).toMatchObject(said('Owners of a group mute its members'));
    const another = { body: { userIds: ['ada'] } };
    expect(await ben.ask('POST', members, another)).toMatchObject(said('Owners and admins of a group add members'));
    const group = members.replace('/members', '');
    expect(await ben.ask('PATCH', group, { body: { title: 'Mine' } })).toMatchObject(said('A group has a title'));
    expect(await ben.ask('PATCH', group, { body: { status: 'closed' } })).toMatchObject(
      said('admins of the space close'),
    );
  });

  it('is in ours below /v1, in every space', async () => {
    const person = (await apiOf('direct-chat')).person('1');
    for (const path of ['/v1/nothing', '/v1/users/%ff', `/v1/users/${'x'.repeat(2_000)}`]) {
      expect((await person.ask('GET', path)).body).toEqual({
        error: { code: expect.any(String), message: expect.any(String) },
      });
    }
  });
});
