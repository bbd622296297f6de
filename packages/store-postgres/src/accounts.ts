import { createHash, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { type Accounts, Failure } from '@parley/core';
import { limits } from '@parley/protocol';
import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { personColumns, personOf, type PersonRow, type ProfileValues, profileValues } from './people.ts';
import { isoTime } from './rows.ts';
import type { SessionsTable } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

/** A user's sessions beyond these end, the oldest first. */
const sessionsMax = 20;

type Key = { space: string; email: string };
type New = Key & { user: string; password: string };
type Begun = { id: string; space: string; user: string; secret: Buffer; forMs: number; keep: number };
type Rotated = {
  space: string;
  id: string;
  secret: Buffer;
  next: Buffer;
  sealed: Buffer;
  forMs: number;
  graceMs: number;
};

// In one statement, so that there is no user without the account that they were made for.
const registerAccount = statement(
  'register-account',
  (slot: Slot<New & Omit<ProfileValues, 'email'> & { typed: string }>) =>
    query
      .with('account', (db) =>
        db
          .insertInto('accounts')
          .values({
            space: slot('space'),
            email: slot('email'),
            user_id: slot('user'),
            password_hash: slot('password'),
          })
          .onConflict((conflict) => conflict.columns(['space', 'email']).doNothing())
          .returning(['space', 'user_id']),
      )
      .insertInto('users')
      .columns(['space', 'user_id', 'email', 'name', 'first_name', 'last_name', 'avatar_url', 'role'])
      .expression((eb) =>
        eb
          .selectFrom('account')
          .select([
            'space',
            'user_id',
            sql<string>`${slot('typed')}::text`.as('email'),
            sql<string | null>`${slot('name')}::text`.as('name'),
            sql<string | null>`${slot('first_name')}::text`.as('first_name'),
            sql<string | null>`${slot('last_name')}::text`.as('last_name'),
            sql<string | null>`${slot('avatar_url')}::text`.as('avatar_url'),
            sql<'user'>`'user'`.as('role'),
          ]),
      )
      .returningAll(),
);

// Nothing happens where nobody is `free` to take the address.
const putAccount = statement('put-account', (slot: Slot<New>) =>
  query
    .with('free', (db) =>
      db
        .selectFrom('users')
        .select(['space', 'user_id'])
        .where('space', '=', slot('space'))
        .where('user_id', '=', slot('user'))
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('accounts')
                .select('email')
                .where('space', '=', slot('space'))
                .where('email', '=', slot('email'))
                .where('user_id', '<>', slot('user')),
            ),
          ),
        ),
    )
    .with('ended', (db) =>
      db
        .deleteFrom('sessions')
        .where('space', '=', slot('space'))
        .where('user_id', 'in', (eb) => eb.selectFrom('free').select('user_id')),
    )
    .insertInto('accounts')
    .columns(['space', 'email', 'user_id', 'password_hash'])
    .expression((eb) =>
      eb
        .selectFrom('free')
        .select([
          'space',
          sql<string>`${slot('email')}`.as('email'),
          'user_id',
          sql<string>`${slot('password')}`.as('password_hash'),
        ]),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['space', 'user_id'])
        .doUpdateSet((eb) => ({ email: eb.ref('excluded.email'), password_hash: eb.ref('excluded.password_hash') })),
    )
    .returning('user_id'),
);

const findAccount = statement('find-account', (slot: Slot<Key>) =>
  query
    .selectFrom('accounts as a')
    .innerJoin('users as u', (join) => join.onRef('u.space', '=', 'a.space').onRef('u.user_id', '=', 'a.user_id'))
    .select(['a.password_hash', ...personColumns])
    .where('a.space', '=', slot('space'))
    .where('a.email', '=', slot('email')),
);

const beginSession = statement('begin-session', (slot: Slot<Begun>) =>
  query
    .with('ended', (db) =>
      db
        .deleteFrom('sessions')
        .where(
          'id',
          'in',
          query
            .selectFrom('sessions')
            .select('id')
            .where('space', '=', slot('space'))
            .where('user_id', '=', slot('user'))
            .orderBy('began_at', 'desc')
            .offset(slot('keep')),
        ),
    )
    .insertInto('sessions')
    .values({
      id: slot('id'),
      space: slot('space'),
      user_id: slot('user'),
      secret_hash: slot('secret'),
      began_at: sql<string>`clock_timestamp()`,
      expires_at: sql<string>`clock_timestamp() + ${slot('forMs')}::float8 * interval '1 ms'`,
    })
    .returning('expires_at'),
);

const rotateSession = statement('rotate-session', (slot: Slot<Rotated>) =>
  query
    .selectFrom(
      sql<
        Selectable<SessionsTable>
      >`rotate_session(${slot('space')}, ${slot('id')}, ${slot('secret')}, ${slot('next')}, ${slot('sealed')}, ${slot('forMs')}, ${slot('graceMs')})`.as<'s'>(
        sql`s`,
      ),
    )
    .innerJoin('users as u', (join) => join.onRef('u.space', '=', 's.space').onRef('u.user_id', '=', 's.user_id'))
    .select(['s.expires_at', 's.sealed', ...personColumns]),
);

const endSession = statement('end-session', (slot: Slot<{ space: string; id: string }>) =>
  query.deleteFrom('sessions').where('space', '=', slot('space')).where('id', '=', slot('id')).returning('id'),
);

export function createAccounts(db: Database) {
  return {
    async register(space, { email, passwordHash, ...profile }) {
      const { email: _, ...values } = profileValues(profile);
      const key = { space, email: email.toLowerCase(), user: randomUUID(), password: passwordHash, typed: email };
      const [row]: PersonRow[] = await db.write(registerAccount, { ...key, ...values });
      return row && personOf(row);
    },
    async put(space, user, { email, passwordHash }) {
      const [row] = await db.write(putAccount, { space, user, email: email.toLowerCase(), password: passwordHash });
      if (!row) throw new Failure('conflict', 'There is no such user, or this address is the account of another one.');
    },
    async find(space, email) {
      const [row] = await db.read(findAccount, { space, email: email.toLowerCase() });
      return row && { person: personOf(row), passwordHash: row.password_hash };
    },
    async begin(space, user, forMs) {
      const token = makeToken(randomUUID());
      const { id, secretHash: secret } = token;
      const [row] = await db.write(beginSession, { id, space, user, secret, forMs, keep: sessionsMax - 1 });
      if (!row) throw new Error('an insert answers its row');
      return { refreshToken: token.text, refreshExpiresAt: new Date(isoTime(row.expires_at)) };
    },
    async rotate(space, text, forMs, graceMs = limits.refreshGraceMs) {
      const given = parseToken(text);
      if (!given) return undefined;
      const { id, secret, secretHash } = given;
      const next = makeToken(id);
      const sealed = sealedWith(secret, Buffer.from(next.secret, 'base64url'));
      const values = { space, id, secret: secretHash, next: next.secretHash, sealed, forMs, graceMs };
      const [row] = await db.write(rotateSession, values);
      if (!row?.sealed) return undefined;
      return {
        person: personOf(row),
        refreshToken: `${id}.${sealedWith(secret, row.sealed).toString('base64url')}`,
        refreshExpiresAt: new Date(isoTime(row.expires_at)),
      };
    },
    async end(space, text) {
      const given = parseToken(text);
      if (given) await db.write(endSession, { space, id: given.id });
    },
  } satisfies Accounts;
}

const hashOf = (secret: string) => createHash('sha256').update(secret).digest();

/** `<session>.<secret>`: 256 bits that nobody guesses, so that a quick hash of them is enough. */
function makeToken(id: string) {
  const secret = randomBytes(32).toString('base64url');
  return { id, secret, text: `${id}.${secret}`, secretHash: hashOf(secret) };
}

/** Seals 256 bits, and opens them again: whoever has not the secret sees noise. Each secret seals once. */
function sealedWith(secret: string, bits: Buffer): Buffer {
  const pad = Buffer.from(hkdfSync('sha256', secret, '', 'the successor of a refresh token', bits.length));
  return Buffer.from(bits.map((byte, i) => byte ^ (pad[i] ?? 0)));
}

const tokenText = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})$/;

function parseToken(text: string): { id: string; secret: string; secretHash: Buffer } | undefined {
  const [, id, secret] = tokenText.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret, secretHash: hashOf(secret) };
}
