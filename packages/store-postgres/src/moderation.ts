import type { Moderation } from '@parley/core';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { accepted, type Refused } from './outcomes.ts';
import { factsOf, memberOf } from './rows.ts';
import type { ConversationRow, MemberRow } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

type Updated = { outcome: 'ok' | Refused; changed: boolean; conversation: ConversationRow };
type Actor = { space: string; by: string; admin: boolean; no: number };

const updateConversation = statement(
  'update-conversation',
  (slot: Slot<Actor & { title: string | null; status: string | null }>) =>
    query
      .selectFrom(
        sql<Updated>`update_conversation(${slot('space')}, ${slot('by')}, ${slot('admin')}, ${slot('no')}, ${slot('title')}, ${slot('status')})`.as(
          'updated',
        ),
      )
      .select(['outcome', 'changed', 'conversation']),
);

const updateMember = statement(
  'update-member',
  (slot: Slot<Actor & { user: string; role: string | null; mutedUntil: string | null }>) =>
    query
      .selectFrom(
        sql<
          Updated & { member: MemberRow }
        >`update_member(${slot('space')}, ${slot('by')}, ${slot('admin')}, ${slot('no')}, ${slot('user')}, ${slot('role')}, ${slot('mutedUntil')})`.as(
          'updated',
        ),
      )
      .select(['outcome', 'changed', 'conversation', 'member']),
);

export function createModeration(db: Database) {
  return {
    async updateConversation({ space, userId: by, admin }, no, { title = null, status = null }) {
      const rows = await db.write(updateConversation, { space, by, admin, no, title, status });
      const { changed, conversation } = accepted(rows, { forbidden: { message: title === null ? noStatus : noTitle } });
      return { changed, conversation: factsOf(conversation), members: [] };
    },
    async updateMember({ space, userId: by, admin }, no, user, { role = null, mutedUntil = null }) {
      const rows = await db.write(updateMember, { space, by, admin, no, user, role, mutedUntil });
      const { changed, conversation, member } = accepted(rows, {
        forbidden: { message: role === null ? noMute : noRole },
      });
      return { changed, conversation: factsOf(conversation), members: [memberOf(member)] };
    },
  } satisfies Moderation;
}

const noTitle = 'A group has a title, which its owners and admins change.';
const noStatus =
  'Owners and admins change the status of a group, the staff that of a thread; two users archive theirs, and admins of the space close it.';
const noRole = 'Owners of a group give its roles, and its only owner names another one first.';
const noMute = 'Owners of a group mute its members, and its admins those who are neither.';
