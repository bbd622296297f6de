import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, type Person, startApi } from './support/api.ts';

type Api = Awaited<ReturnType<typeof startApi>>;

/** Ada talks with Ben; Cleo is a stranger to both, Tom an agent, and Dora is not there. */
async function populated(lookup: 'known' | 'agents' | 'everybody') {
  const api = await startApi({ lookup });
  const [ada, ben, cleo, dora] = ['ada', 'ben', 'cleo', 'dora'].map((userId) => api.person(userId)) as [
    Person,
    Person,
    Person,
    Person,
  ];
  const tom = api.person('tom', { role: 'agent' });
  const admin = api.person('root', { role: 'admin' });
  await arrive(ada, ben, cleo, dora, tom, admin);
  await ada.ask('PUT', '/v1/conversations/direct/ben');
  await ada.ask('PUT', '/v1/conversations/direct/dora');
  await admin.ask('PUT', '/v1/users/ben', { body: { email: 'ben@example.org' } });
  const { presence } = api.made.parts;
  const [here, elsewhere] = api.spaces.map(({ name }) => name) as [string, string];
  for (const userId of ['ada', 'ben', 'cleo', 'tom']) presence.connect(here, userId, `first of ${userId}`);
  presence.connect(here, 'ben', 'second of ben');
  presence.connect(elsewhere, 'eve', 'first of eve');
  await until(async () => (await presence.count(here)) === 4, { withinMs: 30_000, what: 'four are online' });
  return { api, ada, tom, admin };
}

const pageFor = async (person: Person, query = '') => {
  const { status, body } = await person.ask('GET', `/v1/presence/online${query}`);
  expect(status).toBe(200);
  return { ids: (body['users'] as { userId: string }[]).map(({ userId }) => userId), next: body['next'] };
};

describe('who is online in a space that lets users look up whom they know', () => {
  let api: Api;
  let people: Omit<Awaited<ReturnType<typeof populated>>, 'api'>;
  beforeAll(async () => {
    ({ api, ...people } = await populated('known'));
  });
  afterAll(() => api.close());

  it('is counted for agents and admins, by users; and for nobody else', async () => {
    for (const staff of [people.tom, people.admin]) {
      expect((await staff.ask('GET', '/v1/presence/count')).body).toEqual({ count: 4 });
    }
    const refused = await people.ada.ask('GET', '/v1/presence/count');
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  });

  it('is told to a user of themselves and of people they know, without addresses', async () => {
    expect(await pageFor(people.ada)).toEqual({ ids: ['ada', 'ben'], next: undefined });
    expect(JSON.stringify((await people.ada.ask('GET', '/v1/presence/online')).body)).not.toContain('example.org');
  });

  it('is told to agents and admins of everybody, by role, in pages', async () => {
    expect(await pageFor(people.tom)).toEqual({ ids: ['ada', 'ben', 'cleo', 'tom'], next: undefined });
    expect(await pageFor(people.admin, '?role=agent')).toEqual({ ids: ['tom'], next: undefined });
    expect(await pageFor(people.admin, '?role=admin')).toEqual({ ids: [], next: undefined });
    expect(await pageFor(people.admin, '?role=user&limit=2')).toEqual({ ids: ['ada', 'ben'], next: 'ben' });
    expect(await pageFor(people.admin, '?role=user&limit=2&after=ben')).toEqual({ ids: ['cleo'], next: undefined });
    expect(await pageFor(people.admin, '?after=zoe')).toEqual({ ids: [], next: undefined });
  });
});

describe('who is online in a space that lets users look up', () => {
  it.each([
    ['agents', ['ada', 'ben', 'tom']],
    ['everybody', ['ada', 'ben', 'cleo', 'tom']],
  ] as const)('%s is told of these', async (lookup, ids) => {
    const { api, ada } = await populated(lookup);
    expect(await pageFor(ada)).toEqual({ ids, next: undefined });
    await api.close();
  });
});

describe('who is online while nobody can tell', () => {
  it('is unknown, and not nobody', async () => {
    const api = await startApi({ lookup: 'everybody' });
    const [ada, admin] = [api.person('ada'), api.person('root', { role: 'admin' })];
    await arrive(ada, admin);
    // A node that gave up its leases asks Redis no more.
    await api.made.parts.presence.close();
    expect((await admin.ask('GET', '/v1/presence/count')).body).toEqual({ count: 'unknown' });
    expect((await ada.ask('GET', '/v1/presence/online')).body).toEqual({ users: 'unknown' });
    await api.close();
  });
});
