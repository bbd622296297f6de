import {
  limits,
  type MovedKind,
  type MovedLine,
  type MovedLines,
  parseConversationId,
  parseMessageId,
} from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { query, type Slot, statement } from '../statement.ts';

/** A line with its number in the file. */
export type Numbered = { n: number; line: MovedLine };
export type RefusedLine = { n: number; reason: string };

type Batch = {
  space: string;
  keep: boolean;
  users: string;
  links: string;
  conversations: string;
  messages: string;
  members: string;
  reads: string;
};

const importLines = statement('import-lines', (slot: Slot<Batch>) =>
  query
    .selectFrom(
      sql<RefusedLine>`import_lines(${slot('space')}, ${slot('keep')}, ${slot('users')}::jsonb, ${slot('links')}::jsonb, ${slot('conversations')}::jsonb, ${slot('messages')}::jsonb, ${slot('members')}::jsonb, ${slot('reads')}::jsonb, ${sql.lit(limits.membersMax)}, ${sql.lit(limits.smallConversationMembersMax)})`.as(
        'refused',
      ),
    )
    .select(['n', 'reason'])
    .orderBy('n'),
);

/**
 * Stores a batch of lines, all of them or none. Lines that are there already change nothing.
 * @param keep `false` for who only wants to know what would be refused
 * @returns the lines that are refused, in order; when there is one, nothing was stored
 */
export async function storeLines(
  db: Database,
  space: string,
  batch: readonly Numbered[],
  keep: boolean,
): Promise<RefusedLine[]> {
  return await db.write(importLines, {
    space,
    keep,
    users: JSON.stringify(of(batch, 'user')),
    links: JSON.stringify(of(batch, 'link')),
    conversations: JSON.stringify(of(batch, 'conversation').map(withOwnNo)),
    messages: grouped(of(batch, 'message').map(asStored)),
    members: grouped(of(batch, 'member')),
    reads: grouped(of(batch, 'read')),
  });
}

const of = <K extends MovedKind>(batch: readonly Numbered[], kind: K): (MovedLines[K] & { n: number })[] =>
  batch.flatMap(({ n, line }) => (isOf(line, kind) ? [{ ...line, n }] : []));

const isOf = <K extends MovedKind>(line: MovedLine, kind: K): line is MovedLines[K] => line.line === kind;

function grouped(lines: readonly { conversationId: string }[]): string {
  const groups = Map.groupBy(lines, ({ conversationId }) => conversationId);
  return JSON.stringify([...groups].map(([conversationId, lines]) => ({ conversationId, lines })));
}

const withOwnNo = <L extends { id: string }>(line: L) => ({ ...line, ownNo: parseConversationId(line.id) });

/** Attachments go as their text, because retries are compared by it; reactions also as a message shows them. */
const asStored = ({ attachments, ...line }: MovedLines['message'] & { n: number }) => ({
  kind: 'text',
  body: '',
  ...line,
  ownNo: parseMessageId(line.id)?.no,
  clientId: line.clientId?.toLowerCase(),
  attachments: attachments && JSON.stringify(attachments),
  counted: line.reactions?.map(({ emoji, userIds }) => ({
    emoji,
    count: userIds.length,
    userIds: userIds.slice(0, limits.reactorsNamedMax),
  })),
});
