import { run } from '@parley/core';
import { type Command, type CommandName, commandNames, commands, conversationId, type Message } from '@parley/protocol';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, type Person, startApi } from './support/api.ts';

type Example = { by: Person; url: string; body?: unknown };
type World = {
  ada: Person;
  ben: Person;
  cleo: Person;
  admin: Person;
  direct: string;
  group: string;
  message: string;
  reported: string;
  epoch: string;
};

let api: Awaited<ReturnType<typeof startApi>>;
let world: World;

beforeAll(async () => {
  api = await startApi();
  const [ada, ben, cleo] = ['ada', 'ben', 'cleo'].map((userId) => api.person(userId)) as [Person, Person, Person];
  const admin = api.person('root', { role: 'admin' });
  await arrive(ada, ben, cleo, admin);
  const direct = await made(ada.ask('PUT', '/v1/conversations/direct/ben'));
  const group = await made(ada.ask('POST', '/v1/conversations', { body: { title: 'Group', memberIds: ['ben'] } }));
  const sent = await ada.ask('POST', `/v1/conversations/${direct.id}/messages`, { body: { body: 'hello' } });
  const rude = await ada.ask('POST', `/v1/conversations/${group.id}/messages`, { body: { body: 'rude' } });
  world = {
    ada,
    ben,
    cleo,
    admin,
    direct: direct.id,
    group: group.id,
    message: String(sent.body['id']),
    reported: String(rude.body['id']),
    epoch: direct.epoch,
  };
});
afterAll(() => api.close());

async function made(asked: ReturnType<Person['ask']>): Promise<{ id: string; epoch: string }> {
  const { status, body } = await asked;
  expect(status).toBe(200);
  const { conversation, epoch } = body as { conversation: { id: string }; epoch: string };
  return { id: conversation.id, epoch };
}

/** One request for every command with a route, in an order in which each finds what it needs. */
const examples: Record<string, (world: World) => Example> = {
  'conversation.open': ({ ada }) => ({ by: ada, url: '/v1/conversations/direct/cleo' }),
  'conversation.create': ({ ada }) => ({
    by: ada,
    url: '/v1/conversations',
    body: { title: 'New', memberIds: ['ben'] },
  }),
  'conversation.get': ({ ben, direct }) => ({ by: ben, url: `/v1/conversations/${direct}` }),
  'conversation.list': ({ ben }) => ({ by: ben, url: '/v1/conversations?limit=2' }),
  'conversation.page': ({ ben }) => ({ by: ben, url: '/v1/pages/conversations?offset=1&limit=1' }),
  'member.list': ({ ben, group }) => ({ by: ben, url: `/v1/conversations/${group}/members?limit=1` }),
  'member.add': ({ ada, group }) => ({
    by: ada,
    url: `/v1/conversations/${group}/members`,
    body: { userIds: ['cleo'], history: 'all' },
  }),
  'member.remove': ({ ada, group }) => ({ by: ada, url: `/v1/conversations/${group}/members/cleo` }),
  'message.send': ({ ada, direct }) => ({
    by: ada,
    url: `/v1/conversations/${direct}/messages`,
    body: { clientId: '00000000-0000-4000-8000-000000000001', body: 'Grüße 👋', kind: 'text' },
  }),
  'message.read': ({ ben, message }) => ({ by: ben, url: `/v1/messages/${message}/read` }),
  'reaction.add': ({ ben, message }) => ({
    by: ben,
    url: `/v1/messages/${message}/reactions/${encodeURIComponent('👍🏽')}`,
  }),
  'reaction.remove': ({ ben, message }) => ({
    by: ben,
    url: `/v1/messages/${message}/reactions/${encodeURIComponent('👍🏽')}`,
  }),
  'message.edit': ({ ada, message }) => ({ by: ada, url: `/v1/messages/${message}`, body: { body: 'hello again' } }),
  'message.versions': ({ ben, message }) => ({ by: ben, url: `/v1/messages/${message}/versions?afterRev=0` }),
  'message.delete': ({ ada, message }) => ({ by: ada, url: `/v1/messages/${message}` }),
  'history.page': ({ ben, direct }) => ({ by: ben, url: `/v1/conversations/${direct}/messages?afterSeq=0&limit=1` }),
  'history.offset': ({ ben }) => ({ by: ben, url: '/v1/pages/messages?peerId=ada&offset=0&limit=1&order=desc' }),
  'message.search': ({ ben, direct }) => ({ by: ben, url: `/v1/search?q=gr%C3%BC&conversationId=${direct}&limit=1` }),
  'search.page': ({ ben, direct }) => ({
    by: ben,
    url: `/v1/pages/search?q=gr%C3%BC&conversationId=${direct}&offset=1`,
  }),
  'unread.total': ({ ben }) => ({ by: ben, url: '/v1/unread/total' }),
  'unread.conversations': ({ ben }) => ({ by: ben, url: '/v1/unread/conversations?limit=1' }),
  'unread.messages': ({ ben }) => ({ by: ben, url: '/v1/unread/messages?limit=1' }),
  sync: ({ ben, direct, epoch }) => ({
    by: ben,
    url: '/v1/sync',
    body: { epoch, conversations: [{ id: direct, seq: 0, rev: 0 }] },
  }),
  'receipt.delivered': ({ ben, direct }) => ({
    by: ben,
    url: `/v1/conversations/${direct}/delivered`,
    body: { seq: 1 },
  }),
  'receipt.read': ({ ben, direct }) => ({ by: ben, url: `/v1/conversations/${direct}/read`, body: { seq: 1 } }),
  'presence.watch': ({ ada }) => ({ by: ada, url: '/v1/presence?userIds=ben,stranger' }),
  'presence.count': ({ admin }) => ({ by: admin, url: '/v1/presence/count' }),
  'presence.online': ({ ada }) => ({ by: ada, url: '/v1/presence/online?role=user&after=b&limit=1' }),
  'conversation.update': ({ ada, group }) => ({
    by: ada,
    url: `/v1/conversations/${group}`,
    body: { title: 'Renamed', status: 'archived' },
  }),
  'member.update': ({ ada, group }) => ({
    by: ada,
    url: `/v1/conversations/${group}/members/ben`,
    body: { role: 'admin' },
  }),
  'support.open': ({ ada }) => ({ by: ada, url: '/v1/support', body: {} }),
  'support.list': ({ admin }) => ({ by: admin, url: '/v1/support?limit=1' }),
  'support.page': ({ admin }) => ({ by: admin, url: '/v1/pages/support?offset=0&limit=1' }),
  'announcement.send': ({ admin }) => ({ by: admin, url: '/v1/announcements', body: { body: 'To all.' } }),
  'link.put': ({ admin }) => ({
    by: admin,
    url: '/v1/links/ada/ben',
    body: { kind: 'booking', status: 'confirmed' },
  }),
  'link.delete': ({ admin }) => ({ by: admin, url: '/v1/links/ben/ada', body: { kind: 'booking' } }),
  'link.forget': ({ admin }) => ({ by: admin, url: '/v1/links/ben/ada/cache', body: {} }),
  'link.list': ({ ada }) => ({ by: ada, url: '/v1/links?limit=1' }),
  'user.get': ({ ada }) => ({ by: ada, url: '/v1/users/ben' }),
  'user.list': ({ admin }) => ({ by: admin, url: '/v1/users?role=user&active=true&offset=1&limit=2' }),
  'user.put': ({ admin }) => ({ by: admin, url: '/v1/users/dora', body: { name: 'Dora', role: 'agent' } }),
  'user.ban': ({ admin }) => ({
    by: admin,
    url: '/v1/users/dora/ban',
    body: { reason: 'spam', until: '2100-01-01T00:00:00.000Z' },
  }),
  'ban.list': ({ admin }) => ({ by: admin, url: '/v1/bans?limit=1' }),
  'user.unban': ({ admin }) => ({ by: admin, url: '/v1/users/dora/ban' }),
  'moderation.conversations': ({ admin }) => ({
    by: admin,
    url: '/v1/moderation/conversations?status=active&offset=1&limit=1',
  }),
  'moderation.history': ({ admin, direct }) => ({
    by: admin,
    url: `/v1/moderation/conversations/${direct}/messages?afterSeq=0&limit=1`,
  }),
  'message.report': ({ ben, reported }) => ({
    by: ben,
    url: `/v1/messages/${reported}/report`,
    body: { reason: 'rude' },
  }),
  'report.list': ({ admin }) => ({ by: admin, url: '/v1/reports?status=open&limit=1' }),
  'report.resolve': ({ admin }) => ({ by: admin, url: '/v1/reports/1', body: { status: 'resolved', note: 'warned' } }),
  'audit.list': ({ admin }) => ({ by: admin, url: '/v1/audit?userId=dora&limit=1' }),
  'user.revoke': ({ admin }) => ({ by: admin, url: '/v1/users/dora/revoke' }),
};

const routed = commandNames.filter((name) => (commands[name] as Command).http);

describe('every command with a route', () => {
  it('has an example here', () => {
    expect(Object.keys(examples).toSorted((a, b) => a.localeCompare(b))).toEqual(
      routed.toSorted((a, b) => a.localeCompare(b)),
    );
  });

  it.each(Object.keys(examples) as CommandName[])('%s answers 200 with what its schema promises', async (name) => {
    const { http, output }: Command = commands[name];
    const { by, url, body } = examples[name]?.(world) ?? expect.fail();
    const answer = await by.ask(http?.method ?? '', url, { body });
    expect(answer.body).not.toHaveProperty('error');
    expect(answer.status).toBe(200);
    expect([...Compile(output).Errors(answer.body)]).toEqual([]);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' });
  });
});

describe('over HTTP', () => {
  it('the same use-cases answer as over sockets', async () => {
    const { ada, direct } = world;
    const caller = { space: api.spaces[0].name, userId: ada.userId, role: 'user' } as const;
    const { parts } = api.made;
    expect((await ada.ask('GET', `/v1/conversations/${direct}/messages?limit=2`)).body).toEqual(
      await run(parts, caller, 'history.page', { conversationId: direct, limit: 2 }),
    );
    expect((await ada.ask('GET', '/v1/conversations')).body).toEqual(await run(parts, caller, 'conversation.list', {}));
  });

  it('a send is stored once however often it is retried, and another text under its id is a conflict', async () => {
    const { ada, group } = world;
    const url = `/v1/conversations/${group}/messages`;
    const body = { clientId: '00000000-0000-4000-8000-0000000000aa', body: 'once' };
    const answers = await Promise.all([1, 2, 3].map(() => ada.ask('POST', url, { body })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map((answer) => answer.body['seq'])).size).toBe(1);
    expect(answers.filter((answer) => answer.body['duplicate'] === false)).toHaveLength(1);
    const other = await ada.ask('POST', url, { body: { ...body, body: 'twice' } });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
  });

  it('what somebody wrote comes back character for character', async () => {
    const { ada, ben, direct } = world;
    const said = ' Zażółć\r\n\t"quotes" \\ </script> 日本語 👩‍👩‍👧 \u200d\ufeff ';
    const { body: sent } = await ada.ask('POST', `/v1/conversations/${direct}/messages`, { body: { body: said } });
    const { body } = await ben.ask('GET', `/v1/conversations/${direct}/messages?limit=1`);
    expect((body['messages'] as Message[])[0]).toMatchObject({ id: sent['id'], body: said });
  });

  it('user ids may hold anything that a product uses', async () => {
    const odd = api.person('auth0|50% off/../ünïcode ü@x.example');
    await arrive(odd);
    const opened = await world.ada.ask('PUT', `/v1/conversations/direct/${encodeURIComponent(odd.userId)}`);
    expect(opened).toMatchObject({ status: 200, body: { conversation: { peerId: odd.userId } } });
  });

  it('a conversation of another space does not exist', async () => {
    const stranger = api.person('ada', { space: api.spaces[1] });
    const answer = await stranger.ask('GET', `/v1/conversations/${world.direct}`);
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });

  it('a conversation that never was does not exist either', async () => {
    const answer = await world.ada.ask('GET', `/v1/conversations/${conversationId(2 ** 40)}`);
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });
});
