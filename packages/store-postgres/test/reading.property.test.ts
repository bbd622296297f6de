import type { Failure, Read } from '@parley/core';
import { messageId } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupOf, type Node, openStage, outcomeOf, type Stage, said, space } from './support/stage.ts';

let stage: Stage;
let node: Node;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
});
afterAll(() => stage.close());

/** Everything that was said, and what `ana` has done with it, as simply as it can be kept. */
type Said = { seq: number; by: string; system: boolean; deleted: boolean };
type Model = {
  all: Said[];
  read: Set<number>;
  /** The watermarks, which never go back within a membership. */
  marks: { readSeq: number; deliveredSeq: number };
  from: number;
  until: number | undefined;
};
type Step = { kind: keyof typeof steps; at: number; who: string };
type Scene = { no: number; model: Model };

const newModel = (): Model => ({
  all: [],
  read: new Set(),
  marks: { readSeq: 0, deliveredSeq: 0 },
  from: 0,
  until: undefined,
});
const at = ({ all }: Model, share: number) => Math.max(1, Math.ceil(share * all.length));

const steps = {
  async say({ no, model }: Scene, { who, at }: Step) {
    const system = at > 0.9;
    const outcome = await outcomeOf(node.messages.append({ ...said(who, no, 'hi'), kind: system ? 'system' : 'text' }));
    if (who === 'ana' && model.until !== undefined) return expect(outcome).toBe('not_member');
    return void model.all.push({ seq: model.all.length + 1, by: who, system, deleted: false });
  },
  async remove({ no, model }: Scene, step: Step) {
    const found = model.all[at(model, step.at) - 1];
    if (!found || found.by === 'ana') return;
    await node.messages.remove(space, found.by, { no, seq: found.seq });
    found.deleted = true;
  },
  async readOne({ no, model }: Scene, step: Step) {
    const seq = at(model, step.at);
    const found = model.all[seq - 1];
    const outcome = await outcomeOf(node.receipts.readOne(space, 'ana', { no, seq }));
    if (model.until !== undefined) return expect(outcome).toBe('not_member');
    if (!found || found.deleted || seq <= model.from) return expect(outcome).toBe('not_found');
    if (found.by === 'ana') return expect(outcome).toBe('forbidden');
    model.read.add(seq);
    return expectRead(model, outcome);
  },
  async readUpTo({ no, model }: Scene, step: Step) {
    const seq = at(model, step.at);
    const outcome = await outcomeOf(node.receipts.read(space, 'ana', no, seq));
    if (model.until !== undefined) return expect(outcome).toBe('not_member');
    for (const each of model.all) if (each.seq <= seq) model.read.add(each.seq);
    expectRead(model, outcome);
    return expect(model.marks.readSeq).toBeGreaterThanOrEqual(Math.min(seq, model.all.length));
  },
  async deliver({ no, model: { all, marks, until } }: Scene, { at }: Step) {
    // Also beyond the head, where it is clamped.
    const seq = Math.ceil(at * (all.length + 5));
    const told = await node.receipts.deliver([{ space, userId: 'ana', no, seq }]);
    const reached = until === undefined ? Math.min(seq, all.length) : 0;
    expect(told.map(({ receipt }) => receipt.deliveredSeq)).toEqual(reached > marks.deliveredSeq ? [reached] : []);
    marks.deliveredSeq = Math.max(marks.deliveredSeq, reached);
  },
  async leave({ no, model }: Scene) {
    if (model.until !== undefined) return;
    await node.conversations.removeMember(space, 'bob', no, 'ana');
    model.until = model.all.length;
  },
  async come({ no, model }: Scene, { at }: Step) {
    if (model.until === undefined) return;
    const history = at > 0.5 ? 'all' : 'none';
    await node.conversations.addMembers(space, 'bob', no, ['ana'], { role: 'member', history });
    model.until = undefined;
    model.from = history === 'all' ? 0 : model.all.length;
    const { readSeq, deliveredSeq } = model.marks;
    model.marks = { readSeq: Math.max(readSeq, model.from), deliveredSeq: Math.max(deliveredSeq, model.from) };
    for (const each of model.all) if (each.seq <= model.from) model.read.add(each.seq);
  },
};

function expectRead(model: Model, outcome: Read | Failure['code']): void {
  if (typeof outcome === 'string') return expect.fail(outcome);
  const { readSeq, unread } = outcome;
  expect(unread).toBe(unreadOf(model).length);
  const { marks, all } = model;
  expect(readSeq).toBeGreaterThanOrEqual(marks.readSeq);
  expect(readSeq).toBeLessThanOrEqual(all.length);
  model.marks = { readSeq, deliveredSeq: Math.max(marks.deliveredSeq, readSeq) };
}

const visible = ({ all, from, until = all.length }: Model) => all.filter(({ seq }) => seq > from && seq <= until);
const unreadOf = (model: Model) =>
  visible(model).filter(({ seq, by, system, deleted }) => by !== 'ana' && !system && !deleted && !model.read.has(seq));

const someStep = (kind: keyof typeof steps) =>
  fc.record({
    kind: fc.constant(kind),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    who: fc.constantFrom('ana', 'bob', 'bob', 'cy'),
  });
const someSteps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: someStep('say') },
    { weight: 6, arbitrary: someStep('readOne') },
    { weight: 2, arbitrary: someStep('remove') },
    { weight: 1, arbitrary: someStep('readUpTo') },
    { weight: 1, arbitrary: someStep('deliver') },
    { weight: 1, arbitrary: fc.constantFrom('leave' as const, 'come' as const).chain(someStep) },
  ),
  { minLength: 5, maxLength: 60 },
);

describe('reading', () => {
  it('counts, lists and pages what a naive reader would, after any order of sends, deletions and reads', async () => {
    await fc.assert(
      fc.asyncProperty(someSteps, fc.nat(20), fc.integer({ min: 1, max: 20 }), async (all, offset, limit) => {
        const no = await groupOf(node, 'bob', 'ana', 'cy');
        const scene: Scene = { no, model: newModel() };
        for (const each of all) await steps[each.kind](scene, each);
        await expectSame(scene, offset, limit);
        await outcomeOf(node.conversations.removeMember(space, 'bob', no, 'ana'));
      }),
      { numRuns: 60, endOnFailure: true },
    );
  }, 90_000);
});

async function expectSame({ no, model }: Scene, offset: number, limit: number): Promise<void> {
  const unread = unreadOf(model);
  const { conversation } = await node.conversations.get(space, 'ana', no);
  expect(conversation).toMatchObject({ unread: unread.length, ...model.marks });
  const isRead = ({ seq }: Said) =>
    seq <= conversation.readSeq || conversation.readBeyond?.some(({ first, last }) => first <= seq && seq <= last);
  const readable = visible(model).filter(({ by, system, deleted }) => by !== 'ana' && !system && !deleted);
  expect(readable.filter((each) => !isRead(each))).toEqual(unread);
  if (model.until === undefined) {
    expect(await node.unread.total(space, 'ana')).toBe(unread.length);
    const { messages } = await node.unread.messages(space, 'ana', { limit: 500 });
    expect(messages.map(({ id }) => id)).toEqual(unread.map(({ seq }) => messageId(no, seq)));
    const some = await node.unread.byConversation(space, 'ana', { limit: 5 });
    expect(some.conversations.map((each) => each.unread)).toEqual(unread.length > 0 ? [unread.length] : []);
  }
  for (const order of ['asc', 'desc'] as const) {
    const page = await node.history.offset(space, 'ana', no, { offset, limit, order });
    const alive = visible(model).filter(({ deleted }) => !deleted);
    const ordered = order === 'asc' ? alive : alive.toReversed();
    expect(page.messages.map(({ seq }) => seq)).toEqual(ordered.slice(offset, offset + limit).map(({ seq }) => seq));
    expect(page.total).toBe(alive.length);
  }
}
