import { conversationId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, type Person, startApi } from './support/api.ts';

let api: Awaited<ReturnType<typeof startApi>>;
let ada: Person;
let admin: Person;

beforeAll(async () => {
  api = await startApi();
  [ada, admin] = [api.person('ada'), api.person('root', { role: 'admin' })];
  await arrive(ada, admin);
});
afterAll(() => api.close());

const refusalFor = async (person: Person) => {
  const { status, body } = await person.ask('GET', '/v1/conversations');
  return status === 200 ? 'answered' : (body['error'] as { code: string }).code;
};

describe('a banned user', () => {
  it('is refused at the door with any token, also one that was made later, until the ban is lifted', async () => {
    const eve = api.person('eve');
    await arrive(eve);
    const body = { reason: 'spam' };
    expect((await admin.ask('PUT', '/v1/users/eve/ban', { body })).body).toMatchObject({ ban: { userId: 'eve' } });
    const newer = api.person('eve', { issuedAt: new Date(Date.now() + 5_000) });
    expect([await refusalFor(eve), await refusalFor(newer)]).toEqual(['banned', 'banned']);
    expect((await admin.ask('DELETE', '/v1/users/eve/ban')).body).toEqual({ changed: true });
    expect(await refusalFor(eve)).toBe('answered');
  });

  it('is let in again by himself when the time has come', async () => {
    const cy = api.person('cy');
    await arrive(cy);
    const until = new Date(Date.now() - 1).toISOString();
    expect((await admin.ask('PUT', '/v1/users/cy/ban', { body: { until } })).status).toBe(200);
    expect(await refusalFor(cy)).toBe('answered');
  });
});

describe('what admins do', () => {
  it('nobody else does or sees, and admins do not ban themselves', async () => {
    const agent = api.person('tom', { role: 'agent' });
    await arrive(agent);
    for (const person of [ada, agent]) {
      for (const [method, url] of [
        ['PUT', '/v1/users/root/ban'],
        ['DELETE', '/v1/users/root/ban'],
        ['GET', '/v1/bans'],
        ['GET', '/v1/audit'],
        ['GET', '/v1/moderation/conversations'],
        ['GET', '/v1/reports'],
        ['GET', `/v1/moderation/conversations/${conversationId(1)}/messages`],
      ] as const) {
        expect(await person.ask(method, url, method === 'PUT' ? { body: {} } : {})).toMatchObject({
          status: 403,
          body: { error: { code: 'forbidden' } },
        });
      }
    }
    expect((await admin.ask('PUT', '/v1/users/root/ban', { body: {} })).status).toBe(403);
  });

  it('stands in the audit log, for admins of this space only', async () => {
    await admin.ask('PUT', '/v1/users/mallory/ban', { body: { reason: 'threats' } });
    await admin.ask('POST', '/v1/users/mallory/revoke');
    const { body } = await admin.ask('GET', '/v1/audit?userId=mallory');
    expect(body).toMatchObject({
      entries: [
        { deed: 'user.revoke', byId: 'root' },
        { deed: 'user.ban', byId: 'root', reason: 'threats' },
      ],
      more: false,
    });
    const stranger = api.person('root', { role: 'admin', space: api.spaces[1] });
    expect((await stranger.ask('GET', '/v1/audit')).body).toEqual({ entries: [], more: false });
  });
});

describe('an admin who is no member', () => {
  it('reads what two users said, deletes a message and closes, and none of it is left out of the log', async () => {
    const ben = api.person('ben');
    await arrive(ben);
    const opened = await ada.ask('PUT', '/v1/conversations/direct/ben');
    const { id } = opened.body['conversation'] as { id: string };
    const sent = await ada.ask('POST', `/v1/conversations/${id}/messages`, { body: { body: 'between us' } });
    expect((await admin.ask('GET', `/v1/conversations/${id}/messages`)).status).toBe(404);
    const list = await admin.ask('GET', '/v1/moderation/conversations?limit=1');
    expect(list.body).toMatchObject({ conversations: [{ id, peerIds: ['ada', 'ben'] }] });
    const read = await admin.ask('GET', `/v1/moderation/conversations/${id}/messages`);
    expect(read.body).toMatchObject({ conversation: { id }, messages: [{ body: 'between us' }], more: false });
    const url = `/v1/messages/${String(sent.body['id'])}`;
    expect((await ben.ask('DELETE', url)).status).toBe(403);
    expect((await admin.ask('DELETE', url)).body).toMatchObject({ message: { body: '' } });
    expect((await admin.ask('PATCH', `/v1/conversations/${id}`, { body: { status: 'closed' } })).status).toBe(200);
    expect((await admin.ask('GET', '/v1/audit?limit=3')).body).toMatchObject({
      entries: [
        { deed: 'conversation.update', conversationId: id, status: 'closed' },
        { deed: 'message.delete', userId: 'ada', messageId: sent.body['id'] },
        { deed: 'moderation.history', conversationId: id },
      ],
    });
  });
});

describe('an announcement', () => {
  const codeOf = ({ status, body }: Awaited<ReturnType<Person['ask']>>) =>
    status === 200 ? 'answered' : (body['error'] as { code: string }).code;
  const announce = async (body: string) => {
    const told = await admin.ask('POST', '/v1/announcements', { body: { body } });
    return String(told.body['id']);
  };

  it('takes no reactions, and nothing of anybody but admins, and says so to those who see it', async () => {
    const id = await announce('To all.');
    for (const person of [ada, admin]) {
      const reaction = `/v1/messages/${id}/reactions/x`;
      expect([codeOf(await person.ask('PUT', reaction)), codeOf(await person.ask('DELETE', reaction))]).toEqual([
        'forbidden',
        'forbidden',
      ]);
    }
    const edit = { body: { body: 'To some.' } };
    expect(codeOf(await ada.ask('PATCH', `/v1/messages/${id}`, edit))).toBe('forbidden');
    expect(codeOf(await ada.ask('DELETE', `/v1/messages/${id}`))).toBe('forbidden');
    expect(codeOf(await admin.ask('PATCH', `/v1/messages/${id}`, edit))).toBe('answered');
    expect(codeOf(await admin.ask('DELETE', `/v1/messages/${id}`))).toBe('answered');
  });

  it('is read by its id, with those before it', async () => {
    const late = api.person('late');
    await arrive(late);
    const ids = [await announce('one'), await announce('two'), await announce('three'), await announce('four')];
    const read = async (id = '') => {
      const { status, body } = await late.ask('PUT', `/v1/messages/${id}/read`);
      return status === 200 ? body['unread'] : status;
    };
    expect(await read(ids[1])).toBe(2);
    expect(await read(ids[0])).toBe(2);
    await admin.ask('DELETE', `/v1/messages/${ids[2]}`);
    expect([await read(ids[2]), await read(ids[3]), await read(ids[3]?.replace(/.$/, 'f'))]).toEqual([404, 0, 404]);
    expect((await late.ask('GET', '/v1/unread/total')).body).toEqual({ total: 0 });
  });
});
