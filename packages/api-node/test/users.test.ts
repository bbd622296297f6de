import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, type Person, startApi } from './support/api.ts';

type Api = Awaited<ReturnType<typeof startApi>>;

/** Ada talks with Ben; Cleo is a stranger to both, and Tom an agent. */
async function populated(lookup: 'known' | 'agents' | 'everybody') {
  const api = await startApi({ lookup });
  const [ada, ben, cleo] = ['ada', 'ben', 'cleo'].map((userId) => api.person(userId)) as [Person, Person, Person];
  const tom = api.person('tom', { role: 'agent' });
  const admin = api.person('root', { role: 'admin' });
  await arrive(ada, ben, cleo, tom, admin);
  await ada.ask('PUT', '/v1/conversations/direct/ben');
  for (const { userId } of [ada, ben, cleo, tom]) {
    const body = { firstName: userId.toUpperCase(), email: `${userId}@example.org` };
    expect((await admin.ask('PUT', `/v1/users/${userId}`, { body })).status).toBe(200);
  }
  return { api, ada, ben, cleo, tom, admin };
}

const idsFor = async (person: Person, query = '') => {
  const { status, body } = await person.ask('GET', `/v1/users${query}`);
  expect(status).toBe(200);
  return { ids: (body['users'] as { userId: string }[]).map(({ userId }) => userId), total: body['total'] };
};
const statusFor = async (person: Person, userId: string) => (await person.ask('GET', `/v1/users/${userId}`)).status;

describe('users of a space that lets them look up whom they know', () => {
  let api: Api;
  let people: Omit<Awaited<ReturnType<typeof populated>>, 'api'>;
  beforeAll(async () => {
    ({ api, ...people } = await populated('known'));
  });
  afterAll(() => api.close());

  it('see themselves and whom they share a conversation with, and of nobody else that they exist', async () => {
    const { ada, tom } = people;
    expect(await idsFor(ada)).toEqual({ ids: ['ada', 'ben'], total: 2 });
    expect(await idsFor(ada, '?role=agent')).toEqual({ ids: [], total: 0 });
    expect(await statusFor(ada, 'ben')).toBe(200);
    const [hidden, missing] = [await ada.ask('GET', '/v1/users/cleo'), await ada.ask('GET', '/v1/users/nobody')];
    expect([hidden.status, hidden.body]).toEqual([404, missing.body]);
    expect(await statusFor(ada, tom.userId)).toBe(404);
  });

  it("never see another's address, and see their own", async () => {
    const { ada } = people;
    expect((await ada.ask('GET', '/v1/users/ben')).body).toEqual({
      userId: 'ben',
      firstName: 'BEN',
      role: 'user',
      active: true,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect((await ada.ask('GET', '/v1/users/ada')).body['email']).toBe('ada@example.org');
    expect(JSON.stringify((await ada.ask('GET', '/v1/users')).body)).not.toContain('ben@');
  });

  it('are all seen by agents and admins, with their addresses', async () => {
    const { tom, admin } = people;
    for (const staff of [tom, admin]) {
      expect(await idsFor(staff)).toEqual({ ids: ['ada', 'ben', 'cleo', 'root', 'tom'], total: 5 });
      expect(await idsFor(staff, '?role=user&offset=2&limit=5')).toEqual({ ids: ['cleo'], total: 3 });
      expect(await idsFor(staff, '?offset=99')).toEqual({ ids: [], total: 5 });
      expect((await staff.ask('GET', '/v1/users/cleo')).body['email']).toBe('cleo@example.org');
    }
  });

  it.each([
    ['an avatar that is no web address', { avatarUrl: 'javascript:alert(1)' }],
    ['an avatar that could leave an attribute', { avatarUrl: 'https://x.example/"onload=' }],
    ['a name beyond the limit', { firstName: 'x'.repeat(129) }],
  ])('are never given %s', async (_what, body) => {
    expect((await people.admin.ask('PUT', '/v1/users/ben', { body })).status).toBe(400);
  });
});

describe('users of a space that lets them look up', () => {
  it.each([
    ['agents', ['ada', 'ben', 'tom'], 404],
    ['everybody', ['ada', 'ben', 'cleo', 'root', 'tom'], 200],
  ] as const)('%s see these', async (lookup, ids, cleo) => {
    const { api, ada } = await populated(lookup);
    expect(await idsFor(ada)).toEqual({ ids, total: ids.length });
    expect(await statusFor(ada, 'tom')).toBe(200);
    expect(await statusFor(ada, 'cleo')).toBe(cleo);
    await api.close();
  });
});
