import { conversationId, messageId, staffId } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { check, type Delivery, type History, type Row, type Send } from '@parley/cluster/recording';

const thread = conversationId(1);
const clientId = '00000000-0000-4000-8000-000000000001';
/** Uma asks, Tina and Tom answer; both happen to have chosen the same clientId, which is each one's own. */
const said = ['uma', 'tina', 'tom', 'uma'];
const staff = new Set(['tina', 'tom', 'tess']);
const readers = ['uma', 'tina', 'tom', 'tess'];
const readSeq = 1;

const messages = said.map((author, i): Row => {
  const answers = staff.has(author);
  return {
    conversationId: thread,
    seq: i + 1,
    id: messageId(1, i + 1),
    senderId: answers ? staffId : author,
    authorId: answers ? author : undefined,
    body: `${i} of ${author}`,
    clientId: answers ? clientId : undefined,
    edited: false,
    deleted: false,
    system: false,
  };
});

/** The staff see who of them wrote it, the user sees `agents`. */
const seenBy = (reader: string) =>
  messages.map(({ authorId, senderId, seq, id, body }) => ({
    conversationId: thread,
    seq,
    id,
    body,
    senderId: staff.has(reader) ? (authorId ?? senderId) : senderId,
  }));

const member = { conversationId: thread, fromSeq: 0, untilSeq: undefined, readSeq };

const good: History = {
  sends: messages.map((row, i): Send => {
    const userId = row.authorId ?? row.senderId;
    const outcome = { type: 'ok', at: i * 10 + 5, id: row.id, seq: row.seq, duplicate: false } as const;
    const { clientId: given, body } = row;
    return {
      client: userId,
      userId,
      session: 1,
      conversationId: thread,
      clientId: given,
      body,
      invokedAt: i * 10,
      outcome,
    };
  }),
  sessions: readers.map((userId) => ({
    client: userId,
    userId,
    session: 1,
    heads: new Map([[thread, 0]]),
    whole: false,
    openAtEnd: true,
  })),
  deliveries: readers.flatMap((userId) =>
    seenBy(userId).map((seen) => ({ ...seen, client: userId, userId, session: 1 })),
  ),
  applied: [],
  repairing: [],
  pages: readers.map((userId) => ({ userId, messages: seenBy(userId) })),
  reads: readers.map((userId) => ({ userId, conversationId: thread, readSeq })),
  // Uma has not read two answers; the pool, as one, has not read her last question.
  unread: readers.map((userId) => ({ userId, conversationId: thread, unread: staff.has(userId) ? 1 : 2 })),
  database: {
    messages,
    conversations: [{ conversationId: thread, firstSeq: 1, lastSeq: messages.length, support: true }],
    members: ['uma', staffId].map((userId) => ({ ...member, userId })),
    staff,
  },
};

const broken = (changes: Partial<History>) => [
  ...new Set(check({ ...good, ...changes }).map(({ invariant }) => invariant)),
];
const inDatabase = (changes: Partial<History['database']>) => broken({ database: { ...good.database, ...changes } });
const heard = (change: (delivery: Delivery) => Delivery) => broken({ deliveries: good.deliveries.map(change) });
const rewritten = (seq: number, changes: Partial<Row>) =>
  inDatabase({ messages: messages.map((row) => (row.seq === seq ? { ...row, ...changes } : row)) });

describe('the checker and a pool that answers as one', () => {
  it('finds nothing where users hear the pool, and the pool hears who of them it was', () => {
    expect(check(good)).toEqual([]);
  });

  it('I1: an answer is stored as that of another trainer', () => {
    expect(rewritten(2, { authorId: 'tom', clientId: undefined })).toContain('I1');
  });

  it('I1: an answer is stored as that of the pool, and nobody knows of whom', () => {
    expect(rewritten(2, { authorId: undefined })).toContain('I1');
  });

  it('I2: an answer of one trainer is stored twice', () => {
    expect(rewritten(3, { authorId: 'tina' })).toContain('I2');
  });

  it('I3: a user was told who of the pool answered', () => {
    const named = (d: Delivery) => (d.client === 'uma' && d.seq === 2 ? { ...d, senderId: 'tina' } : d);
    expect(heard(named)).toEqual(['I3']);
  });

  it('I3: the pool was not told who of them answered, or was told another', () => {
    const as = (senderId: string) => (d: Delivery) => (d.client === 'tess' && d.seq === 2 ? { ...d, senderId } : d);
    expect(heard(as(staffId))).toEqual(['I3']);
    expect(heard(as('tom'))).toEqual(['I3']);
  });

  it('I3: a page told a user who of the pool answered', () => {
    const pages = good.pages.map((page) => (page.userId === 'uma' ? { ...page, messages: seenBy('tess') } : page));
    expect(broken({ pages })).toEqual(['I3']);
  });

  it('I5: one of the pool missed what another one answered', () => {
    expect(broken({ deliveries: good.deliveries.filter((d) => d.client !== 'tess' || d.seq !== 3) })).toEqual(['I5']);
  });

  it('I7: another user heard the thread, or somebody who is no longer of the staff', () => {
    const seen = seenBy('uma').slice(0, 1);
    expect(broken({ pages: [...good.pages, { userId: 'ugo', messages: seen }] })).toEqual(['I7']);
    expect(inDatabase({ staff: new Set(['tina', 'tom']) })).toContain('I7');
  });

  it('I7: staff read a conversation of two users', () => {
    const conversations = good.database.conversations.map((c) => ({ ...c, support: false }));
    expect(inDatabase({ conversations })).toContain('I7');
  });

  it('I11: the pool is told what one of its trainers has not read, instead of what it has not', () => {
    const told = (reader: string, unread: number) =>
      broken({ unread: good.unread.map((u) => (u.userId === reader ? { ...u, unread } : u)) });
    expect(told('tess', 3)).toEqual(['I11']);
    expect(told('uma', 0)).toEqual(['I11']);
  });

  it('I11: what one of the pool has read is not read by the others', () => {
    const members = good.database.members.map((m) => (m.userId === staffId ? { ...m, readSeq: 0 } : m));
    expect(inDatabase({ members })).toContain('I11');
  });
});
