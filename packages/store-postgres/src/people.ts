import type { UsersWanted } from '@parley/core';
import type { Person, Profile, Role } from '@parley/protocol';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isoTime } from './rows.ts';
import type { UsersTable } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

const profileColumns = ['name', 'first_name', 'last_name', 'email', 'avatar_url'] as const;
export type ProfileValues = Record<(typeof profileColumns)[number], string | null>;
export type PersonRow = ProfileValues &
  Pick<Selectable<UsersTable>, 'user_id' | 'role' | 'active' | 'created_at' | 'updated_at'>;

/** Of the table `users` as `u`. */
export const personColumns = [
  'u.user_id',
  'u.name',
  'u.first_name',
  'u.last_name',
  'u.email',
  'u.avatar_url',
  'u.role',
  'u.active',
  'u.created_at',
  'u.updated_at',
] as const;

type Wanted = { space: string; role: Role | null; active: boolean | null; offset: number; limit: number };

type Acquainted = Wanted & { viewer: string; agents: boolean };

const everybody = (slot: Slot<Wanted>) =>
  query
    .selectFrom('users as u')
    .where('u.space', '=', slot('space'))
    .where(sql<boolean>`coalesce(u.role, 'user') = coalesce(${slot('role')}::text, u.role, 'user')`)
    .where(sql<boolean>`u.active = coalesce(${slot('active')}::boolean, u.active)`);

const linkedTo = (slot: Slot<Acquainted>, mine: 'low' | 'high', theirs: 'low' | 'high') =>
  query
    .selectFrom('links')
    .select(`${theirs} as user_id`)
    .where('space', '=', slot('space'))
    .where(mine, '=', slot('viewer'))
    .where('status', '=', sql.lit('confirmed'));

const acquainted = (slot: Slot<Acquainted>) =>
  everybody(slot).where((eb) =>
    eb.or([
      eb('u.user_id', '=', slot('viewer')),
      eb.and([sql<boolean>`${slot('agents')}::boolean`, eb('u.role', '=', 'agent')]),
      eb(
        'u.user_id',
        'in',
        query
          .selectFrom('members as mine')
          .innerJoin('members as theirs', 'theirs.conversation_no', 'mine.conversation_no')
          .select('theirs.user_id')
          .where('mine.space', '=', slot('space'))
          .where('mine.user_id', '=', slot('viewer'))
          .where('mine.until_seq', 'is', null)
          .where('theirs.until_seq', 'is', null),
      ),
      eb('u.user_id', 'in', linkedTo(slot, 'low', 'high')),
      eb('u.user_id', 'in', linkedTo(slot, 'high', 'low')),
    ]),
  );

/** One row beside every page, so that a page without rows has its total too. */
const page = (slot: Slot<Wanted>, found: ReturnType<typeof everybody>) =>
  query
    .selectFrom(found.select((eb) => eb.fn.countAll<number>().as('total')).as('counted'))
    .leftJoinLateral(
      found.select(personColumns).orderBy('u.user_id').offset(slot('offset')).limit(slot('limit')).as('person'),
      (join) => join.onTrue(),
    )
    .selectAll('person')
    .select('counted.total')
    .orderBy('person.user_id');

const listUsers = statement('list-users', (slot: Slot<Wanted>) => page(slot, everybody(slot)));
const listAcquaintances = statement('list-acquaintances', (slot: Slot<Acquainted>) => page(slot, acquainted(slot)));

export async function listPeople(
  db: Database,
  space: string,
  { seenBy, role, active, offset, limit }: UsersWanted,
): Promise<{ users: Person[]; total: number }> {
  const wanted = { space, role: role ?? null, active: active ?? null, offset, limit };
  const rows = await (seenBy === undefined
    ? db.read(listUsers, wanted)
    : db.read(listAcquaintances, { ...wanted, viewer: seenBy.userId, agents: seenBy.withAgents }));
  return { users: rows.filter(isThere).map(personOf), total: rows[0]?.total ?? 0 };
}

export function personOf(row: PersonRow): Person {
  return {
    userId: row.user_id,
    ...(row.name !== null && { name: row.name }),
    ...(row.first_name !== null && { firstName: row.first_name }),
    ...(row.last_name !== null && { lastName: row.last_name }),
    ...(row.email !== null && { email: row.email }),
    ...(row.avatar_url !== null && { avatarUrl: row.avatar_url }),
    role: row.role ?? 'user',
    active: row.active,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTime(row.updated_at ?? row.created_at),
  };
}

export const profileValues = (profile: Profile): ProfileValues => ({
  name: profile.name ?? null,
  first_name: profile.firstName ?? null,
  last_name: profile.lastName ?? null,
  email: profile.email ?? null,
  avatar_url: profile.avatarUrl ?? null,
});

/** Whether the profile says something that is not set. */
export function lacksProfile(row: ProfileValues, profile: Profile): boolean {
  const values = profileValues(profile);
  return profileColumns.some((column) => row[column] === null && values[column] !== null);
}

type Nullable<R> = { [C in keyof R]: R[C] | null };
const isThere = <R extends Nullable<PersonRow>>(row: R): row is R & PersonRow => row.user_id !== null;
