import { conversationId, messageId } from '@parley/protocol';
import fc from 'fast-check';
import type { Delivery, History, Member, Outcome, Row, Seen, Send } from '@parley/cluster/recording';

type Fate = 'acked' | 'retried' | 'ack lost' | 'never arrived' | 'refused';

/** What one run does: who sends what when, whose connections are cut, and who leaves and comes back. */
export type Script = {
  sends: { user: number; conversation: number; at: number; storeMs: number; answerMs: number; fate: Fate }[];
  /** Per user: when the connection of their plain client is replaced by a new one. */
  cuts: number[][];
  /** User 2 is out of conversation 2 between these times, if at all. */
  away: { from: number; to: number } | undefined;
  /** Per user: how much of what they could read they did read, from 0 to 1. */
  read: number[];
};

const users = ['ada', 'bob', 'cy'];
const conversations = [conversationId(1), conversationId(2)];
const runMs = 1_000;
const time = fc.integer({ min: 0, max: runMs });
const fate = fc.constantFrom<Fate>('acked', 'acked', 'acked', 'retried', 'ack lost', 'never arrived', 'refused');

export const scripts: fc.Arbitrary<Script> = fc.record({
  sends: fc.array(
    fc.record({
      user: fc.nat(users.length - 1),
      conversation: fc.nat(conversations.length - 1),
      at: time,
      storeMs: fc.integer({ min: 1, max: 80 }),
      answerMs: fc.integer({ min: 0, max: 80 }),
      fate,
    }),
    { minLength: 1, maxLength: 60 },
  ),
  cuts: fc.array(fc.array(time, { maxLength: 3 }), { minLength: users.length, maxLength: users.length }),
  away: fc.option(
    fc.tuple(time, time).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
    { nil: undefined },
  ),
  read: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: users.length, maxLength: users.length }),
});

type Stored = Row & { at: number };

/** Plays a script on a perfect server. The history that comes out keeps every promise. */
export function play(script: Script): History {
  const sends: Send[] = [];
  const stored = store(script, sends);
  const seqAt = (conversation: string, at: number) =>
    stored.filter((r) => r.conversationId === conversation && r.at <= at).length;
  const members = membersOf(script, seqAt, stored);
  const sees = (userId: string, row: Stored) =>
    members.some(
      (m) =>
        m.userId === userId &&
        m.conversationId === row.conversationId &&
        row.seq > m.fromSeq &&
        row.seq <= (m.untilSeq ?? Infinity),
    );
  const visible = (userId: string) => stored.filter((row) => sees(userId, row));

  const sessions: History['sessions'][number][] = [];
  const deliveries: Delivery[] = [];
  users.forEach((userId, user) => {
    const starts = [0, ...(script.cuts[user] ?? []).toSorted((a, b) => a - b)];
    starts.forEach((from, session) => {
      const to = starts[session + 1] ?? Infinity;
      const client = `${userId}-plain`;
      const heads = new Map(conversations.map((id) => [id, seqAt(id, from)]));
      sessions.push({ client, userId, session, heads, whole: true, openAtEnd: to === Infinity });
      for (const row of visible(userId)) {
        if (row.at > from && row.at <= to) deliveries.push({ ...seen(row), client, userId, session });
      }
    });
  });
  return {
    sends,
    sessions,
    deliveries,
    applied: users.flatMap((userId) =>
      conversations.map((id) => ({
        client: `${userId}-sdk`,
        userId,
        conversationId: id,
        fromSeq: 0,
        messages: visible(userId)
          .filter((row) => row.conversationId === id)
          .map(seen),
      })),
    ),
    repairing: users.map((userId) => ({ client: `${userId}-sdk`, userId, openAtEnd: true })),
    pages: users.map((userId) => ({ userId, messages: visible(userId).map(seen) })),
    reads: members.map(({ userId, conversationId, readSeq }) => ({ userId, conversationId, readSeq })),
    unread: users.flatMap((userId) =>
      conversations.map((id) => ({
        userId,
        conversationId: id,
        unread: unreadOf(userId, id, members, visible(userId)),
      })),
    ),
    database: {
      messages: stored.map(({ at: _at, ...row }) => row),
      conversations: conversations.map((id) => ({
        conversationId: id,
        firstSeq: 1,
        lastSeq: seqAt(id, Infinity),
        support: false,
      })),
      members,
      staff: new Set(),
    },
  };
}

/** Numbers what arrives in the order in which it is stored; one connection's sends stay in their order. */
function store(script: Script, sends: Send[]): Stored[] {
  const lastStoredAt = new Map<number, number>();
  const planned = script.sends
    .toSorted((a, b) => a.at - b.at)
    .map((send, i) => {
      const at = Math.max(send.at + send.storeMs, (lastStoredAt.get(send.user) ?? 0) + 1);
      lastStoredAt.set(send.user, at);
      return { ...send, i, storedAt: at };
    });
  const rows = new Map<number, Stored>();
  const last = new Map<string, number>();
  for (const plan of planned.toSorted((a, b) => a.storedAt - b.storedAt || a.i - b.i)) {
    if (plan.fate === 'never arrived' || plan.fate === 'refused') continue;
    const id = conversations[plan.conversation] ?? '';
    const seq = (last.get(id) ?? 0) + 1;
    last.set(id, seq);
    rows.set(plan.i, {
      conversationId: id,
      seq,
      id: messageId(plan.conversation + 1, seq),
      senderId: users[plan.user] ?? '',
      authorId: undefined,
      body: `message ${plan.i}`,
      clientId: clientIdOf(plan.i),
      edited: false,
      deleted: false,
      system: false,
      at: plan.storedAt,
    });
  }
  for (const { i, user, conversation, at, storedAt, answerMs, fate } of planned) {
    const userId = users[user] ?? '';
    const attempt = (invokedAt: number, outcome: Outcome) =>
      sends.push({
        client: `${userId}-sdk`,
        userId,
        session: 1,
        conversationId: conversations[conversation] ?? '',
        clientId: clientIdOf(i),
        body: `message ${i}`,
        invokedAt,
        outcome,
      });
    const { id = '', seq = 0 } = rows.get(i) ?? {};
    const answeredAt = storedAt + answerMs;
    if (fate === 'refused') attempt(at, { type: 'fail', at: answeredAt, code: 'busy' });
    else if (fate === 'acked') attempt(at, { type: 'ok', at: answeredAt, id, seq, duplicate: false });
    else attempt(at, { type: 'info' });
    if (fate === 'retried') attempt(answeredAt + 50, { type: 'ok', at: answeredAt + 60, id, seq, duplicate: true });
  }
  return [...rows.values()];
}

function membersOf(
  script: Script,
  seqAt: (conversation: string, at: number) => number,
  stored: readonly Stored[],
): Member[] {
  return users.flatMap((userId, user) =>
    conversations.flatMap((id, index) => {
      const { away } = script;
      const readSeq = Math.floor((script.read[user] ?? 0) * stored.filter((row) => row.conversationId === id).length);
      const whole: Member = { userId, conversationId: id, fromSeq: 0, untilSeq: undefined, readSeq };
      if (!away || user !== 2 || index !== 1) return [whole];
      return [
        { ...whole, untilSeq: seqAt(id, away.from) },
        { ...whole, fromSeq: seqAt(id, away.to) },
      ];
    }),
  );
}

function unreadOf(userId: string, id: string, members: readonly Member[], visible: readonly Row[]): number {
  const readSeq = members.find((m) => m.userId === userId && m.conversationId === id)?.readSeq ?? 0;
  return visible.filter((row) => row.conversationId === id && row.seq > readSeq && row.senderId !== userId).length;
}

function seen({ conversationId, seq, id, senderId, body }: Row): Seen {
  return { conversationId, seq, id, senderId, body };
}

function clientIdOf(i: number): string {
  return `00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`;
}
