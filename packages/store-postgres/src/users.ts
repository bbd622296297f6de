import { type Claims, Failure, type Standing, type Users } from '@parley/core';
import type { Role } from '@parley/protocol';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { gather } from './gather.ts';
import { lacksProfile, listPeople, personColumns, personOf, type ProfileValues, profileValues } from './people.ts';
import { isoTime } from './rows.ts';
import type { UsersTable } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

type UserRow = Selectable<UsersTable>;
type Keys = { spaces: string[]; users: string[] };
type ClaimColumns = Keys & { [C in keyof ProfileValues]: (string | null)[] } & { roles: Role[] };
type Put = ProfileValues & { space: string; user: string; role: Role | null; active: boolean | null };
type Seen = Keys & { ats: string[] };

/** Claims that one statement takes. */
const admitMax = 200;

/** Those who exist; `n` is the place in the question, from 1. */
export const findUsers = statement('find-users', (slot: Slot<Keys>) =>
  query
    .selectFrom(
      sql<{
        space: string;
        user_id: string;
        n: number;
      }>`unnest(${slot('spaces')}::text[], ${slot('users')}::text[]) with ordinality`.as<'asked'>(
        sql`asked(space, user_id, n)`,
      ),
    )
    .innerJoin('users as u', (join) =>
      join.onRef('u.space', '=', 'asked.space').onRef('u.user_id', '=', 'asked.user_id'),
    )
    .leftJoin('bans as b', (join) => join.onRef('b.space', '=', 'u.space').onRef('b.user_id', '=', 'u.user_id'))
    .select(['asked.n', 'u.space', 'u.revoked_at', ...personColumns])
    .select(sql<boolean>`coalesce(b.until > clock_timestamp(), false)`.as('banned')),
);

// In the order of the key, so that two nodes that admit the same users do not wait for each other in a circle.
const fillUsers = statement('fill-users', (slot: Slot<ClaimColumns>) =>
  query
    .insertInto('users')
    .columns(['space', 'user_id', 'name', 'first_name', 'last_name', 'email', 'avatar_url', 'role'])
    .expression(
      query
        .selectFrom(
          sql<
            ProfileValues & { space: string; user_id: string; role: Role }
          >`unnest(${slot('spaces')}::text[], ${slot('users')}::text[], ${slot('name')}::text[], ${slot('first_name')}::text[], ${slot('last_name')}::text[], ${slot('email')}::text[], ${slot('avatar_url')}::text[], ${slot('roles')}::text[])`.as<'claimed'>(
            sql`claimed(space, user_id, name, first_name, last_name, email, avatar_url, role)`,
          ),
        )
        .distinctOn([sql`space collate "C"`, sql`user_id collate "C"`])
        .select(['space', 'user_id', 'name', 'first_name', 'last_name', 'email', 'avatar_url', 'role'])
        .orderBy(sql`space collate "C"`)
        .orderBy(sql`user_id collate "C"`),
    )
    .onConflict((conflict) =>
      conflict.columns(['space', 'user_id']).doUpdateSet((eb) => ({
        name: eb.fn.coalesce('users.name', 'excluded.name'),
        first_name: eb.fn.coalesce('users.first_name', 'excluded.first_name'),
        last_name: eb.fn.coalesce('users.last_name', 'excluded.last_name'),
        email: eb.fn.coalesce('users.email', 'excluded.email'),
        avatar_url: eb.fn.coalesce('users.avatar_url', 'excluded.avatar_url'),
        role: eb.fn.coalesce('users.role', 'excluded.role'),
      })),
    ),
);

const putUser = statement('put-user', (slot: Slot<Put>) =>
  query
    .insertInto('users')
    .values({
      space: slot('space'),
      user_id: slot('user'),
      name: slot('name'),
      first_name: slot('first_name'),
      last_name: slot('last_name'),
      email: slot('email'),
      avatar_url: slot('avatar_url'),
      role: slot('role'),
      active: sql<boolean>`coalesce(${slot('active')}::boolean, true)`,
    })
    .onConflict((conflict) =>
      conflict.columns(['space', 'user_id']).doUpdateSet((eb) => ({
        name: eb.fn.coalesce('excluded.name', 'users.name'),
        first_name: eb.fn.coalesce('excluded.first_name', 'users.first_name'),
        last_name: eb.fn.coalesce('excluded.last_name', 'users.last_name'),
        email: eb.fn.coalesce('excluded.email', 'users.email'),
        avatar_url: eb.fn.coalesce('excluded.avatar_url', 'users.avatar_url'),
        role: eb.fn.coalesce('excluded.role', 'users.role'),
        active: sql<boolean>`coalesce(${slot('active')}::boolean, users.active)`,
      })),
    )
    .returningAll(),
);

const revokeUser = statement('revoke-user', (slot: Slot<{ space: string; user: string; by: string }>) =>
  query
    .with('noted', (db) =>
      db
        .insertInto('audit_log')
        .values({ space: slot('space'), by_id: slot('by'), deed: 'user.revoke', user_id: slot('user') })
        .returning('no'),
    )
    .insertInto('users')
    .values({ space: slot('space'), user_id: slot('user'), revoked_at: sql<string>`clock_timestamp()` })
    .onConflict((conflict) =>
      conflict.columns(['space', 'user_id']).doUpdateSet((eb) => ({ revoked_at: eb.ref('excluded.revoked_at') })),
    )
    .returning('revoked_at'),
);

const whenLastSeen = statement('when-last-seen', (slot: Slot<{ space: string; users: readonly string[] }>) =>
  query
    .selectFrom('users')
    .select(['user_id', 'last_seen'])
    .where('space', '=', slot('space'))
    .where('user_id', '=', (eb) => eb.fn.any(sql<string[]>`${slot('users')}::text[]`))
    .where('last_seen', 'is not', null),
);

const markSeen = statement('mark-seen', (slot: Slot<Seen>) =>
  query
    .updateTable('users as u')
    .from(
      query
        .selectFrom(
          sql<{
            space: string;
            user_id: string;
            at: string;
          }>`unnest(${slot('spaces')}::text[], ${slot('users')}::text[], ${slot('ats')}::timestamptz[])`.as<'mark'>(
            sql`mark(space, user_id, at)`,
          ),
        )
        .select(['space', 'user_id', (eb) => eb.fn.max('at').as('at')])
        .groupBy(['space', 'user_id'])
        .as('seen'),
    )
    .set((eb) => ({ last_seen: eb.ref('seen.at') }))
    .whereRef('u.space', '=', 'seen.space')
    .whereRef('u.user_id', '=', 'seen.user_id')
    .where((eb) => eb.or([eb('u.last_seen', 'is', null), eb('u.last_seen', '<', eb.ref('seen.at'))])),
);

export function createUsers(db: Database) {
  return {
    admit: gather((claims: Claims[]) => admitAll(db, claims).catch(toldNothing), admitMax),
    async put(space, user, { role = null, active = null, ...profile }) {
      const [row] = await db.write(putUser, { space, user, role, active, ...profileValues(profile) });
      if (!row) throw new Error('an upsert answers its row');
      return personOf(row);
    },
    async find(space, user) {
      const [row] = await db.read(findUsers, { spaces: [space], users: [user] });
      return row && personOf(row);
    },
    list: (space, wanted) => listPeople(db, space, wanted),
    async revoke(space, user, by) {
      const [row] = await db.write(revokeUser, { space, user, by });
      if (!row?.revoked_at) throw new Error('an upsert answers its row');
      return new Date(isoTime(row.revoked_at));
    },
    async standings(users) {
      if (users.length === 0) return [];
      const rows = await db.read(findUsers, keysOf(users));
      return rows.map((row) => ({ space: row.space, userId: row.user_id, ...standingOf(row) }));
    },
    async lastSeen(space, users) {
      const rows = await db.read(whenLastSeen, { space, users });
      return new Map(rows.flatMap((row) => (row.last_seen ? [[row.user_id, new Date(isoTime(row.last_seen))]] : [])));
    },
    async seen(marks) {
      if (marks.length === 0) return;
      await db.write(markSeen, { ...keysOf(marks), ats: marks.map((mark) => mark.at.toISOString()) });
    },
  } satisfies Users;
}

/** Claims may be filled twice without harm: for who wants to enter, an unknown outcome is no more than a store that is away. */
function toldNothing(error: unknown): never {
  if (!(error instanceof Failure) || error.code !== 'outcome_unknown') throw error;
  throw new Failure('unavailable', error.message, { cause: error.cause });
}

/** One read for users who are known and have nothing to fill; a write and another read for the rest. */
async function admitAll(db: Database, claims: readonly Claims[]): Promise<Standing[]> {
  const known = await standingRows(db, claims);
  const lacking = claims.filter((claim, i) => lacks(known[i], claim));
  if (lacking.length === 0) return known.map(standingOf);
  await db.write(fillUsers, {
    ...keysOf(lacking),
    ...columnsOf(lacking.map(profileValues)),
    roles: lacking.map((claim) => claim.role),
  });
  return (await standingRows(db, claims)).map(standingOf);
}

async function standingRows(db: Database, claims: readonly Claims[]): Promise<(FoundRow | undefined)[]> {
  const rows = await db.read(findUsers, keysOf(claims));
  const found: (FoundRow | undefined)[] = claims.map(() => undefined);
  for (const row of rows) found[row.n - 1] = row;
  return found;
}

type FoundRow = ProfileValues & Pick<UserRow, 'role' | 'active' | 'revoked_at'> & { banned: boolean };

const lacks = (row: FoundRow | undefined, claim: Claims) => !row || row.role === null || lacksProfile(row, claim);

const standingOf = (row: FoundRow | undefined): Standing => ({
  active: row?.active ?? true,
  revokedAt: row?.revoked_at ? new Date(isoTime(row.revoked_at)) : undefined,
  banned: row?.banned ?? false,
});

const columnsOf = (profiles: readonly ProfileValues[]) => ({
  name: profiles.map((profile) => profile.name),
  first_name: profiles.map((profile) => profile.first_name),
  last_name: profiles.map((profile) => profile.last_name),
  email: profiles.map((profile) => profile.email),
  avatar_url: profiles.map((profile) => profile.avatar_url),
});

const keysOf = (users: readonly { space: string; userId: string }[]): Keys => ({
  spaces: users.map((user) => user.space),
  users: users.map((user) => user.userId),
});
