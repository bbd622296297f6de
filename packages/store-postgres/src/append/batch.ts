import { type Appended, Failure, type LinkOf, type NewMessage } from '@parley/core';
import { wallClockMs } from '@parley/node-kit';
import { type Message, messageId } from '@parley/protocol';
import { sql } from 'kysely';
import type { Profiles } from '../profiles.ts';
import { query, type Slot, statement } from '../statement.ts';
import { jsonOf, shownOf } from './attachments.ts';
import type { Line } from './line.ts';

/** A message on its way into the log, and who waits for it. */
export type Entry = {
  message: NewMessage;
  /** Milliseconds of `performance.now()`. */
  arrivedAt: number;
  resolve(appended: Appended): void;
  reject(failure: unknown): void;
};

/** Rows in one statement. Measured: 128 store 1.4 times as many rows a second as 64; more only wait longer. */
const batchRowsMax = 128;

/**
 * The first entries that may share a statement, and those that wait for the next. The same clientId twice would break its
 * unique index: the second one waits until the first one is stored and found, and whatever follows it in its conversation
 * waits with it. Others do not: a client that repeats itself delays nobody else. What carries files goes alone.
 */
export function nextBatch(queue: readonly Entry[]): { batch: Entry[]; rest: Entry[] } {
  const batch: Entry[] = [];
  const waiting: Entry[] = [];
  const clientIds = new Set<string>();
  const waitingNos = new Set<number>();
  let taken = 0;
  for (; taken < queue.length && batch.length < batchRowsMax; taken++) {
    const entry = queue[taken];
    if (!entry) break;
    const { clientId, no, files } = entry.message;
    if (waitingNos.has(no) || (files && batch.length > 0) || (clientId !== undefined && clientIds.has(clientId))) {
      waitingNos.add(no);
      waiting.push(entry);
    } else if (files) {
      return { batch: [entry], rest: [...waiting, ...queue.slice(taken + 1)] };
    } else {
      if (clientId !== undefined) clientIds.add(clientId);
      batch.push(entry);
    }
  }
  return { batch, rest: [...waiting, ...queue.slice(taken)] };
}

/** Like the outcomes of `append_outcome`. */
const outcomes = {
  stored: 0,
  duplicate: 1,
  conflict: 2,
  notFound: 3,
  gone: 4,
  noReply: 5,
  held: 6,
  notPermitted: 7,
  closed: 8,
  muted: 9,
} as const;

type Answer = [n: number, outcome: number, seq: number, at: number | null];
type Head = [no: number, lastSeq: number, rev: number, membershipVersion: number, memberCount: number];
type BatchRow = { life: string; at: number; answers: Answer[]; heads: Head[] | null };
type One = {
  no: number;
  space: string;
  sender: string;
  clientId: string | null;
  kind: string;
  body: string;
  attachments: string | null;
  reply: number | null;
  permit: string;
  author: string | null;
};
type Many = Record<'nos' | 'spaces' | 'senders' | 'clientIds' | 'kinds' | 'bodies' | 'replies' | 'permits', string> & {
  attachments: string | null;
  authors: string | null;
  wait: boolean;
};

const appendOne = statement('append-one', (slot: Slot<One>) =>
  query
    .selectFrom(
      sql<BatchRow>`append_one(${slot('no')}, ${slot('space')}, ${slot('sender')}, ${slot('author')}, ${slot('clientId')}, ${slot('kind')}, ${slot('body')}, ${slot('attachments')}, ${slot('reply')}, ${slot('permit')})`.as(
        'batch',
      ),
    )
    .select(['life', 'at', 'answers', 'heads']),
);

const appendWithFiles = statement('append-with-files', (slot: Slot<One & { files: readonly string[] }>) =>
  query
    .selectFrom(
      sql<BatchRow>`append_with_files(${slot('files')}, ${slot('no')}, ${slot('space')}, ${slot('sender')}, ${slot('author')}, ${slot('clientId')}, ${slot('kind')}, ${slot('body')}, ${slot('attachments')}, ${slot('reply')}, ${slot('permit')})`.as(
        'batch',
      ),
    )
    .select(['life', 'at', 'answers', 'heads']),
);

const appendMany = statement('append-many', (slot: Slot<Many>) =>
  query
    .selectFrom(
      sql<BatchRow>`append_many(${slot('wait')}, ${slot('nos')}, ${slot('spaces')}, ${slot('senders')}, ${slot('authors')}, ${slot('clientIds')}, ${slot('kinds')}, ${slot('bodies')}, ${slot('attachments')}, ${slot('replies')}, ${slot('permits')})`.as(
        'batch',
      ),
    )
    .select(['life', 'at', 'answers', 'heads']),
);

/** What a batch is stored with. */
export type Around = { line: Line; profiles: Profiles; linkOf: LinkOf };

/**
 * Stores a batch in one statement and answers everybody in it whose outcome is certain.
 * @param wait whether to wait for held conversations (and fail with `lock_not_available`), or to leave theirs out
 * @returns the entries of held conversations, in order; nothing of theirs was stored
 * @throws the error of the statement; then nobody was answered
 */
export async function storeBatch(
  { line, profiles, linkOf }: Around,
  entries: readonly Entry[],
  wait: boolean,
): Promise<Entry[]> {
  const [first] = entries;
  if (!first) return [];
  const { rows, system } = await stored(line, first, entries, wait);
  const [row] = rows;
  if (!row) throw new Error('a batch has one row');
  const epoch = `${row.life}.${system}`;
  profiles.under(epoch);
  // Once for each conversation that this node has not met, and on the same connection: no other part of the store can
  // keep a stored message from being answered.
  await profiles
    .load(
      entries.map((entry) => entry.message.no),
      async (statement, args) => (await line.run(statement, args)).rows,
    )
    .catch(() => undefined);
  return answer(entries, row, { epoch, profiles, linkOf });
}

function stored(line: Line, { message }: Entry, entries: readonly Entry[], wait: boolean) {
  if (message.files) {
    return line.run(appendWithFiles, { ...oneOf(message), files: message.files.map(({ file }) => file.id) });
  }
  return entries.length === 1 && wait
    ? line.run(appendOne, oneOf(message))
    : line.run(appendMany, { ...manyOf(entries), wait });
}

type Answering = { epoch: string; profiles: Profiles; linkOf: LinkOf };

function answer(entries: readonly Entry[], row: BatchRow, { epoch, profiles, linkOf }: Answering): Entry[] {
  const createdAt = new Date(row.at).toISOString();
  const heads = new Map((row.heads ?? []).map((head) => [head[0], factsOf(head, profiles)] as const));
  const held: Entry[] = [];
  // append_many counts from 1, and may answer in any order.
  const answers = row.answers.sort((a, b) => a[0] - b[0]);
  for (const [i, [, outcome, seq, at]] of answers.entries()) {
    const entry = entries[i];
    if (!entry) continue;
    const refusal = refusals[outcome]?.();
    const conversation = heads.get(entry.message.no);
    if (outcome === outcomes.held) held.push(entry);
    else if (refusal || !conversation) entry.reject(refusal ?? unanswerable());
    else {
      const message = messageOf(entry.message, seq, at === null ? createdAt : new Date(at).toISOString(), linkOf);
      const { authorId, hops } = entry.message;
      if (hops) hops.committedAt = wallClockMs();
      entry.resolve({ message, authorId, conversation, duplicate: outcome === outcomes.duplicate, epoch });
    }
  }
  return held;
}

/** Stored, but its conversation could not be read to answer: a retry with the same `clientId` will. */
const unanswerable = () => new Failure('outcome_unknown');

const refusals: Record<number, () => Failure> = {
  [outcomes.conflict]: () => new Failure('conflict'),
  [outcomes.notFound]: () => new Failure('not_found'),
  [outcomes.gone]: () => new Failure('not_member'),
  [outcomes.notPermitted]: () => new Failure('not_permitted'),
  [outcomes.closed]: () => new Failure('closed'),
  [outcomes.muted]: () => new Failure('muted'),
  [outcomes.noReply]: () =>
    new Failure('not_found', 'The message that is answered does not exist, or you cannot see it.', {
      details: [{ path: '/replyTo', message: 'No such message for you.' }],
    }),
};

function factsOf(
  [no, lastSeq, rev, membershipVersion, memberCount]: Head,
  profiles: Profiles,
): Appended['conversation'] | undefined {
  const profile = profiles.get(no);
  if (!profile) return undefined;
  const { space, kind, peerIds } = profile;
  return { space, no, kind, memberCount, membershipVersion, lastSeq, rev, peerIds };
}

/** As it was stored at first: a duplicate has the same content, so that the command itself tells it. */
function messageOf(message: NewMessage, seq: number, createdAt: string, linkOf: LinkOf): Message {
  const { no, senderId, clientId, kind, body, replyToSeq } = message;
  const attachments = shownOf(message, linkOf);
  return {
    id: messageId(no, seq),
    conversationId: messageId(no, 0),
    seq,
    rev: 0,
    senderId,
    ...(clientId !== undefined && { clientId }),
    kind,
    body,
    ...(attachments && { attachments }),
    ...(replyToSeq !== undefined && { replyTo: messageId(no, replyToSeq) }),
    createdAt,
  };
}

function oneOf(message: NewMessage): One {
  const { no, space, senderId: sender, clientId = null, kind, body, replyToSeq: reply = null, permit } = message;
  const author = message.authorId ?? null;
  return { no, space, sender, author, clientId, kind, body, attachments: jsonOf(message), reply, permit };
}

// Literals of arrays by hand: pg's own conversion of arrays costs twice as much, and this is paid for each row.
function manyOf(entries: readonly Entry[]): Omit<Many, 'wait'> {
  let [nos, spaces, senders, clientIds, kinds, bodies, replies, permits] = ['', '', '', '', '', '', '', ''];
  let comma = '{';
  for (const { message } of entries) {
    nos += comma + message.no;
    spaces += comma + quoted(message.space);
    senders += comma + quoted(message.senderId);
    clientIds += comma + (message.clientId === undefined ? 'NULL' : quoted(message.clientId));
    kinds += comma + message.kind;
    bodies += comma + quoted(message.body);
    replies += comma + (message.replyToSeq ?? 'NULL');
    permits += comma + message.permit;
    comma = ',';
  }
  return {
    nos: `${nos}}`,
    spaces: `${spaces}}`,
    senders: `${senders}}`,
    clientIds: `${clientIds}}`,
    kinds: `${kinds}}`,
    bodies: `${bodies}}`,
    attachments: attachmentsOf(entries),
    replies: `${replies}}`,
    permits: `${permits}}`,
    authors: authorsOf(entries),
  };
}

/** Few messages carry something: a batch of those that do not has no array at all. */
function attachmentsOf(entries: readonly Entry[]): string | null {
  return rareOf(entries, jsonOf);
}

/** What users say has no other author. */
function authorsOf(entries: readonly Entry[]): string | null {
  return rareOf(entries, ({ authorId }) => authorId ?? null);
}

function rareOf(entries: readonly Entry[], valueOf: (message: NewMessage) => string | null): string | null {
  const values = entries.map(({ message }) => valueOf(message));
  if (values.every((value) => value === null)) return null;
  return `{${values.map((value) => (value === null ? 'NULL' : quoted(value))).join(',')}}`;
}

const special = /["\\]/;
const quoted = (text: string) => `"${special.test(text) ? text.replaceAll(/["\\]/g, '\\$&') : text}"`;
