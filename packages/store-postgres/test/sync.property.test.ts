import { createMetrics } from '@parley/node-kit';
import { limits, type Member, type Message, type SyncAnswer } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../src/database.ts';
import { storeMetrics } from '../src/metrics.ts';
import { sync } from '../src/sync/index.ts';
import { groupOf, type Node, numbers, openStage, outcomeOf, type Stage, said, silent, space } from './support/stage.ts';

let stage: Stage;
let node: Node;
let db: Database;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
  db = openDatabase({
    databaseUrl: stage.url,
    poolMax: 1,
    metrics: storeMetrics(createMetrics().registry),
    log: silent,
  });
});
afterAll(async () => {
  await db.close();
  await stage.close();
});

const others = ['bob', 'cy', 'dee'];
const observer = 'ana';

/** What a client holds: messages from `from` on without a hole, up to `seq`, and every change up to `rev`. */
type Copy = { messages: Map<number, Message>; members: Map<string, Member>; from: number; seq: number; rev: number };
/** `who` does it to the message at `at` (a share of the head), `size` characters or `count` times. */
type Step = { kind: keyof typeof steps; who: string; at: number; size: number; count: number };
type Scene = { no: number; copy: Copy; bytesMax: number };

const steps = {
  say: ({ no }: Scene, { who, size }: Step) => outcomeOf(node.messages.append(said(who, no, 'x'.repeat(size)))),
  flood: ({ no }: Scene, { count }: Step) =>
    Promise.all(numbers(1, count).map((i) => node.messages.append(said(observer, no, `flood ${i}`)))),
  edit: async ({ no }: Scene, { at, size }: Step) => change(no, await at_(no, at), 'y'.repeat(size)),
  remove: async ({ no }: Scene, { at }: Step) => change(no, await at_(no, at), undefined),
  react: async ({ no }: Scene, { who, at, size }: Step) => {
    const key = { no, seq: await at_(no, at) };
    const emoji = size % 3 ? '👍' : '🎉';
    if (size % 4) await outcomeOf(node.messages.react(space, who, key, emoji, 'always'));
    else await outcomeOf(node.messages.unreact(space, who, key, emoji));
  },
  // More changes than one query of a sync reads.
  editMany: async ({ no }: Scene, { count, size }: Step) => {
    const upTo = Math.min(count, await head(no));
    await Promise.all(numbers(1, upTo).map((seq) => change(no, seq, `${size}`)));
  },
  read: async ({ no }: Scene, { who, at }: Step) => outcomeOf(node.receipts.read(space, who, no, await at_(no, at))),
  deliver: async ({ no }: Scene, { at }: Step) => {
    const seq = await at_(no, at);
    await node.receipts.deliver([observer, ...others].map((userId) => ({ space, userId, no, seq })));
  },
  leave: ({ no }: Scene, { who }: Step) => outcomeOf(node.conversations.removeMember(space, observer, no, who)),
  come: ({ no }: Scene, { who, size }: Step) =>
    outcomeOf(
      node.conversations.addMembers(space, observer, no, [who], { role: 'member', history: size % 2 ? 'all' : 'none' }),
    ),
  sync: async (scene: Scene, { count }: Step) => {
    for (let call = 0; call < count % 4; call++) await syncOnce(scene);
  },
};

const step = (kind: keyof typeof steps) =>
  fc.record({
    kind: fc.constant(kind),
    who: fc.constantFrom(...(kind === 'leave' || kind === 'come' ? others : [observer, ...others])),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    size: fc.integer({ min: 1, max: limits.bodyCharsMax }),
    count: fc.integer({ min: 100, max: limits.syncMessagesMax + 50 }),
  });
const someSteps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: step('say') },
    { weight: 3, arbitrary: step('edit') },
    { weight: 3, arbitrary: step('react') },
    { weight: 2, arbitrary: step('read') },
    { weight: 2, arbitrary: step('sync') },
    ...(['flood', 'editMany', 'remove', 'deliver', 'leave', 'come'] as const).map(step),
  ),
  { minLength: 5, maxLength: 50 },
);
// From just above the largest message to what the protocol allows.
const someBytes = fc.oneof(fc.integer({ min: 10_000, max: 40_000 }), fc.constant(limits.syncBytesMax));

describe('sync', () => {
  it('brings any copy to what the store holds, over any operations and cut at any point', async () => {
    await fc.assert(
      fc.asyncProperty(someSteps, someBytes, async (all, bytesMax) => {
        const no = await groupOf(node, observer, ...others);
        const scene = { no, bytesMax, copy: { messages: new Map(), members: new Map(), from: 1, seq: 0, rev: 0 } };
        for (const each of all) await steps[each.kind](scene, each);
        while (await syncOnce(scene)) continue;
        await expectSame(scene);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  }, 90_000);
});

const head = async (no: number) => (await node.conversations.facts(space, observer, no)).lastSeq;
const at_ = async (no: number, at: number) => Math.max(1, Math.ceil(at * (await head(no))));

async function change(no: number, seq: number, body: string | undefined): Promise<void> {
  const [found] = await node.log.messages(no, seq - 1, seq, 1);
  if (!found) return;
  const { senderId } = found.message;
  const key = { no, seq };
  if (body === undefined) await outcomeOf(node.messages.remove(space, senderId, key));
  else await outcomeOf(node.messages.edit(space, senderId, key, body, 'always'));
}

/** @returns whether there is more */
async function syncOnce({ no, copy, bytesMax }: Scene): Promise<boolean> {
  const cursor = { no, seq: copy.seq, rev: copy.rev };
  const [answer] = (await sync(db, space, observer, [cursor], bytesMax)).conversations;
  if (!answer) throw new Error('each cursor has its answer');
  expect(JSON.stringify(answer).length).toBeLessThan(bytesMax * 1.05);
  apply(answer, copy);
  // Every call that is not the last one brings something.
  if (answer.more) expect(copy.seq + copy.rev).toBeGreaterThan(cursor.seq + cursor.rev);
  return answer.more;
}

function apply({ status, messages, changed, members, receipts, seq, rev }: SyncAnswer, copy: Copy): void {
  expect(status).not.toBe('gone');
  const [first] = messages;
  if (first) {
    expect(messages.map((message) => message.seq)).toEqual(numbers(first.seq, first.seq + messages.length - 1));
    if (status === 'ok') expect(first.seq).toBe(copy.seq + 1);
    else copy.from = first.seq;
  }
  for (const message of messages) copy.messages.set(message.seq, message);
  for (const message of changed) if (copy.messages.has(message.seq)) copy.messages.set(message.seq, message);
  for (const member of members) copy.members.set(member.userId, member);
  for (const { userId, readSeq, deliveredSeq } of receipts) {
    const member = copy.members.get(userId);
    if (member) copy.members.set(userId, { ...member, readSeq, deliveredSeq });
  }
  expect(seq).toBeGreaterThanOrEqual(copy.seq);
  expect(rev).toBeGreaterThanOrEqual(copy.rev);
  Object.assign(copy, { seq, rev });
}

async function expectSame({ no, copy }: Scene): Promise<void> {
  const { conversation, members } = await node.log.changes(no, 0);
  expect({ seq: copy.seq, rev: copy.rev }).toEqual({ seq: conversation.lastSeq, rev: conversation.rev });
  const all = (await node.log.messages(no, 0, conversation.lastSeq, 1_000_000)).map(({ message }) => message);
  const truth = new Map(all.map((message) => [message.seq, message]));
  for (const [seq, message] of copy.messages) expect(message).toEqual(truth.get(seq));
  expect(numbers(copy.from, conversation.lastSeq).filter((seq) => !copy.messages.has(seq))).toEqual([]);
  expect([...copy.members.values()].sort(byUserId)).toEqual([...members].sort(byUserId));
  const seen = (await node.conversations.get(space, observer, no)).conversation;
  const unread = all.filter(
    ({ seq, senderId, deletedAt }) => seq > seen.readSeq && senderId !== observer && !deletedAt,
  );
  expect(seen.unread).toBe(Math.min(unread.length, limits.unreadMax));
}

const byUserId = (a: Member, b: Member) => (a.userId < b.userId ? -1 : 1);
