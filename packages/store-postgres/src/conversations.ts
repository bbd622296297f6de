import { type Conversations, Failure, type MembersChanged, type Permit } from '@parley/core';
import { limits } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { listInbox } from './inbox.ts';
import { accepted, type Refused } from './outcomes.ts';
import { pageInbox } from './pages.ts';
import { factsOf, type MessageColumns, memberOf } from './rows.ts';
import type { ConversationRow, MemberRow } from './schema.ts';
import { conversationOf, lastMessage, membershipsOf, seenColumns, unread } from './seen.ts';
import { query, type Slot, statement } from './statement.ts';

type Outcome = { outcome: 'ok' | Refused };
type Opened = Outcome & { created: boolean; conversation: ConversationRow };
type Grown = Outcome & { missing: string[]; conversation: ConversationRow; members: MemberRow[] | null };
type Shrunk = Outcome & { conversation: ConversationRow; member: MemberRow };
type ByUser = { space: string; user: string; no: number };

const openDirect = statement(
  'open-direct',
  (slot: Slot<{ space: string; user: string; peer: string; permit: Permit }>) =>
    query
      .selectFrom(
        sql<Opened>`open_direct(${slot('space')}, ${slot('user')}, ${slot('peer')}, ${slot('permit')})`.as('opened'),
      )
      .select(['outcome', 'created', 'conversation']),
);

const directBetween = statement('direct-between', (slot: Slot<{ space: string; user: string; peer: string }>) =>
  query
    .selectFrom('conversations')
    .select('no')
    .where('space', '=', slot('space'))
    .where('peer_low', '=', sql<string>`least(${slot('user')} collate "C", ${slot('peer')} collate "C")`)
    .where('peer_high', '=', sql<string>`greatest(${slot('user')} collate "C", ${slot('peer')} collate "C")`)
    .where('kind', '=', sql.lit('direct')),
);

const openSupport = statement('open-support', (slot: Slot<{ space: string; user: string }>) =>
  query
    .selectFrom(sql<Opened>`open_support(${slot('space')}, ${slot('user')})`.as('opened'))
    .select(['outcome', 'created', 'conversation']),
);

const openAnnouncement = statement('open-announcement', (slot: Slot<{ space: string }>) =>
  query
    .selectFrom(sql<Omit<Opened, 'outcome'>>`open_announcement(${slot('space')})`.as('opened'))
    .select(['created', 'conversation']),
);

type NewGroup = { space: string; owner: string; title: string; users: readonly string[] };
const createGroup = statement('create-group', (slot: Slot<NewGroup>) =>
  query
    .selectFrom(
      sql<Grown>`create_group(${slot('space')}, ${slot('owner')}, ${slot('title')}, ${slot('users')})`.as('created'),
    )
    .select(['outcome', 'missing', 'conversation', 'members']),
);

type Addition = { space: string; by: string; no: number; users: readonly string[]; role: string; history: string };
const addMembers = statement('add-members', (slot: Slot<Addition>) =>
  query
    .selectFrom(
      sql<Grown>`add_members(${slot('space')}, ${slot('by')}, ${slot('no')}, ${slot('users')}, ${slot('role')}, ${slot('history')}, ${sql.lit(limits.membersMax)})`.as(
        'added',
      ),
    )
    .select(['outcome', 'missing', 'conversation', 'members']),
);

const removeMember = statement('remove-member', (slot: Slot<ByUser & { by: string }>) =>
  query
    .selectFrom(
      sql<Shrunk>`remove_member(${slot('space')}, ${slot('by')}, ${slot('no')}, ${slot('user')}, ${sql.lit(limits.smallConversationMembersMax)})`.as(
        'removed',
      ),
    )
    .select(['outcome', 'conversation', 'member']),
);

const seeConversation = statement('see-conversation', (slot: Slot<ByUser>) =>
  query
    .selectFrom(membershipsOf(slot).where('c.no', '=', slot('no')).select(seenColumns).as('seen'))
    .leftJoinLateral(lastMessage().as('last_message'), (join) => join.onTrue())
    .selectAll('seen')
    .select([
      unread(slot).as('unread'),
      sql<MessageColumns | null>`to_json(last_message)`.as('last_message'),
      sql<string>`(select current_epoch())`.as('epoch'),
    ]),
);

const factsForMember = statement('facts-for-member', (slot: Slot<ByUser>) =>
  membershipsOf(slot).where('c.no', '=', slot('no')).selectAll('c').select('m.until_seq'),
);

type MembersPage = { no: number; after: string; limit: number };
const pageOfMembers = statement('page-of-members', (slot: Slot<MembersPage>) =>
  query
    .selectFrom('members')
    .selectAll()
    .where('conversation_no', '=', slot('no'))
    .where('user_id', '>', slot('after'))
    .where('until_seq', 'is', null)
    .orderBy('user_id')
    .limit(slot('limit')),
);

const acquaintances = statement(
  'acquaintances',
  (slot: Slot<{ space: string; user: string; users: readonly string[] }>) =>
    query
      .selectFrom(sql<{ user_id: string }>`unnest(${slot('users')}::text[])`.as<'other'>(sql`other(user_id)`))
      .select('other.user_id')
      .where((eb) =>
        eb.or([
          eb.exists(
            eb
              .selectFrom('members as theirs')
              .innerJoin('members as mine', 'mine.conversation_no', 'theirs.conversation_no')
              .select('theirs.conversation_no')
              .where('theirs.space', '=', slot('space'))
              .whereRef('theirs.user_id', '=', 'other.user_id')
              .where('theirs.until_seq', 'is', null)
              .where('mine.user_id', '=', slot('user'))
              .where('mine.until_seq', 'is', null),
          ),
          ...(['booking', 'assignment'] as const).map((kind) =>
            eb(
              sql<boolean>`linked(${sql.lit(kind)}, ${slot('space')}, least(${slot('user')} collate "C", other.user_id), greatest(${slot('user')} collate "C", other.user_id))`,
              '=',
              true,
            ),
          ),
        ]),
      ),
);

export function createConversations(db: Database) {
  async function facts(space: string, user: string, no: number): ReturnType<Conversations['facts']> {
    const [row] = await db.read(factsForMember, { space, user, no });
    if (!row) throw new Failure('not_found');
    if (row.until_seq !== null) throw new Failure('not_member');
    return factsOf(row);
  }

  return {
    async openDirect(space, user, peer, permit) {
      if (user === peer) {
        throw new Failure('invalid', 'A direct conversation has two users.', {
          details: [{ path: '/peerId', message: 'This is yourself.' }],
        });
      }
      const { created, conversation } = accepted(await db.write(openDirect, { space, user, peer, permit }), noPeer);
      return { created, conversation: factsOf(conversation) };
    },
    async openSupport(space, user) {
      const { created, conversation } = accepted(await db.write(openSupport, { space, user }));
      return { created, conversation: factsOf(conversation) };
    },
    async openAnnouncement(space) {
      const [opened] = await db.write(openAnnouncement, { space });
      if (!opened) throw new Error('a function answers its row');
      return { created: opened.created, conversation: factsOf(opened.conversation) };
    },
    async createGroup(space, owner, title, users) {
      return grown(await db.write(createGroup, { space, owner, title, users }));
    },
    async addMembers(space, by, no, users, { role, history }) {
      return grown(await db.write(addMembers, { space, by, no, users, role, history }));
    },
    async removeMember(space, by, no, user) {
      const { conversation, member } = accepted(await db.write(removeMember, { space, by, no, user }), {
        forbidden: { message: by === user ? noLeaving : noRemoving },
      });
      return { conversation: factsOf(conversation), members: [memberOf(member)] };
    },
    async get(space, user, no) {
      const [row] = await db.read(seeConversation, { space, user, no });
      if (!row) throw new Failure('not_found');
      return { conversation: conversationOf(row, user), epoch: row.epoch };
    },
    list: (space, user, page) => listInbox(db, space, user, page),
    page: (space, user, page) => pageInbox(db, space, user, page),
    async between(space, user, peer) {
      const [row] = await db.read(directBetween, { space, user, peer });
      if (!row) throw new Failure('not_found');
      return row.no;
    },
    async members(space, user, no, { after = '', limit }) {
      await facts(space, user, no);
      return (await db.read(pageOfMembers, { no, after, limit })).map(memberOf);
    },
    facts,
    async acquaintances(space, user, users) {
      return (await db.read(acquaintances, { space, user, users })).map((row) => row.user_id);
    },
  } satisfies Conversations;
}

const noUser = 'There is no such user.';
const noPeer = { not_found: { message: noUser, details: [{ path: '/peerId', message: noUser }] } };
const noLeaving = 'Groups alone are left, and their only owner names another one first.';
const noAdding = 'Owners and admins of a group add members, and its owners other owners.';
const noRemoving = 'Owners and admins of a group remove its members, and nobody removes its only owner.';

function grown(rows: readonly Grown[]): MembersChanged {
  const missing = rows[0]?.missing ?? [];
  const details = missing.map((userId) => ({ path: '/userIds', message: `There is no user ${userId}.` }));
  const { conversation, members } = accepted(rows, {
    forbidden: { message: noAdding },
    ...(details.length > 0 && { not_found: { details } }),
  });
  return { conversation: factsOf(conversation), members: (members ?? []).map(memberOf) };
}
