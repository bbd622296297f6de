import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Conversation, Message, SyncAnswer } from '@parley/protocol';
import { isBehind, type Ledger, openLedger } from '../src/ledger/ledger.ts';
import { type Input, reduce } from '../src/ledger/reduce.ts';
import { needsCount, unreadOf } from '../src/ledger/unread.ts';
import { createLog, type Log, type Push } from './fixtures/log.ts';
import type { PageSizes } from './fixtures/sync-answer.ts';

const users = ['ana', 'bob', 'cy'] as const;
const user = fc.constantFrom(...users);
const pick = fc.nat(1_000);

/** What happens in the conversation, and what becomes of its pushes and pages on their way to ana. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), by: user }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), by: user, pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('come or go' as const),
      by: fc.constantFrom('ana' as const, 'cy' as const),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('push' as const), pick, fate: fc.constantFrom('tell', 'lose', 'keep') }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ask older' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('older' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('snapshot' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('I read' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const sizes = fc.record({
  messages: fc.integer({ min: 1, max: 4 }),
  changes: fc.integer({ min: 1, max: 4 }),
  behindMax: fc.constantFrom(5, 500),
});

describe('whatever is lost, doubled, late and reordered on the way', () => {
  it('ends in the state of the log, having told each message once and in order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), sizes, fc.nat(3), (steps, pages, before) => {
        const world = createWorld(pages, before);
        for (const one of steps) world.run(one);
        world.settle();
        world.check();
      }),
      { numRuns: 500 },
    );
  });
});

function createWorld(pages: PageSizes, before: number) {
  const log = createLog('epoch', pages);
  const id = log.group('Team', users);
  for (let n = 0; n < before; n += 1) log.send('bob', { conversationId: id, body: `before ${n}` });
  let ledger: Ledger = openLedger('ana', log.get('ana', id), { seq: before, rev: log.rev(id) });
  let pushed = log.pushes.length;
  let kept: Push[] = [];
  let sync: { asked: Ledger; answer: SyncAnswer } | undefined;
  let older: ReturnType<Log['page']> | undefined;
  let seen: Conversation | undefined;
  /** What an application makes of what it is told. */
  const rows = new Map<number, Message>();
  let lastSeq = before;
  let restarted = false;
  let gone = false;

  function take(input: Input): void {
    const next = reduce(ledger, input);
    ({ ledger } = next);
    for (const item of next.told) {
      if (item.kind === 'message') {
        expect(item.message.seq).toBe(lastSeq + 1);
        expect(gone).toBe(false);
        lastSeq = item.message.seq;
        rows.set(lastSeq, item.message);
      } else if (item.kind === 'changed') {
        if (rows.has(item.message.seq)) rows.set(item.message.seq, item.message);
      } else if (item.kind === 'restart') {
        expect(item.nextSeq).toBeGreaterThan(lastSeq);
        lastSeq = item.nextSeq - 1;
        // What is below may have changed untold, as the contract says.
        rows.clear();
        restarted = true;
        gone = false;
      } else if (item.kind === 'gone') gone = true;
    }
    expect(ledger.messages.map(({ seq }) => seq)).toEqual(range(ledger.from + 1, ledger.seq));
  }

  const present = (by: string) => log.members(id).get(by)?.untilSeq === undefined;
  const own = (n: number): Message | undefined => {
    const mine = log.messages(id).filter((m) => present(m.senderId) && m.deletedAt === undefined);
    return mine[n % Math.max(1, mine.length)];
  };

  function collect(): void {
    for (; pushed < log.pushes.length; pushed += 1) {
      const push = log.pushes[pushed];
      if (push?.to.includes('ana')) kept.push(push);
    }
  }

  function answered(): void {
    if (sync) take({ kind: 'synced', ...sync });
    sync = undefined;
  }

  function ask(): void {
    const asked = ledger;
    const [answer] = log.sync('ana', [asked]);
    if (answer) sync = { asked, answer };
  }

  const acts: { [D in Step['do']]: (one: Extract<Step, { do: D }>) => void } = {
    send({ by }) {
      if (present(by)) log.send(by, { conversationId: id, body: `${log.messages(id).length}` });
    },
    edit(one) {
      const message = own(one.pick);
      if (message) log.edit(message.senderId, message.id, `${message.body}!`);
    },
    remove(one) {
      const message = own(one.pick);
      if (message) log.remove(message.senderId, message.id);
    },
    read({ by, pick: n }) {
      if (present(by)) log.read(by, id, n % (log.messages(id).length + 1));
    },
    'come or go'({ by }) {
      if (present(by)) log.removeMember(id, by);
      else log.addMember(id, by);
    },
    push({ pick: n, fate }) {
      collect();
      const index = n % Math.max(1, kept.length);
      const push = kept[index];
      if (!push) return;
      if (fate !== 'keep') kept.splice(index, 1);
      if (fate !== 'lose') take(inputOf(push));
    },
    ask() {
      if (!sync) ask();
    },
    answer: answered,
    'ask older'({ pick: n }) {
      if (older) return;
      take({ kind: 'loading' });
      older = log.page('ana', id, { beforeSeq: ledger.from + 1, limit: 1 + (n % 3) });
    },
    older() {
      if (!older) return;
      const { messages, more } = older;
      older = undefined;
      // Told by nobody, but an application that shows the interval sees them.
      take({ kind: 'older', messages, more });
    },
    look() {
      seen ??= log.get('ana', id);
    },
    snapshot() {
      if (seen) take({ kind: 'snapshot', conversation: seen });
      seen = undefined;
    },
    'I read'() {
      if (present('ana')) take({ kind: 'read', seq: log.read('ana', id, ledger.seq).readSeq });
    },
  };

  return {
    run: <D extends Step['do']>(one: Extract<Step, { do: D }>) => acts[one.do](one),
    /** The network is whole again: late pushes come, heads are compared, sync asks until nothing is behind. */
    settle(): void {
      collect();
      for (const push of kept) take(inputOf(push));
      kept = [];
      answered();
      const { lastSeq: seq, rev } = log.get('ana', id);
      take({ kind: 'head', seq, rev });
      for (let n = 0; isBehind(ledger); n += 1) {
        if (n > 500) throw new Error('sync does not come to an end');
        ask();
        answered();
      }
      if (needsCount(ledger)) take({ kind: 'snapshot', conversation: log.get('ana', id) });
    },
    check(): void {
      const truth = log.messages(id);
      const server = log.get('ana', id);
      expect(ledger.gone).toBe(server.untilSeq !== undefined);
      // Whoever left has all that was said until then, and keeps it.
      expect(ledger.seq).toBe(server.lastSeq);
      if (ledger.gone) return;
      expect(ledger.messages).toEqual(truth.slice(ledger.from, ledger.seq));
      for (const [seq, row] of rows) expect(row).toEqual(truth[seq - 1]);
      expect(unreadOf(ledger)).toBe(server.unread);
      expect(ledger.readSeq).toBe(server.readSeq);
      for (const [userId, receipt] of ledger.receipts) expect(receipt).toEqual(log.receipts(id).get(userId));
      if (!restarted) expect([...ledger.receipts.keys()].toSorted()).toEqual([...log.receipts(id).keys()].toSorted());
      const facts = ({ userId, fromSeq, untilSeq }: { userId: string; fromSeq: number; untilSeq?: number }) => ({
        userId,
        fromSeq,
        untilSeq,
      });
      for (const [userId, member] of ledger.members) {
        const now = log.members(id).get(userId);
        expect(facts(member)).toEqual(now && facts(now));
      }
    },
  };
}

function inputOf(push: Push): Input {
  switch (push.name) {
    case 'message.created':
      return { kind: 'created', message: push.payload };
    case 'message.edited':
    case 'message.deleted':
      return { kind: 'change', change: { kind: 'message', rev: push.payload.rev, message: push.payload } };
    case 'receipt.advanced': {
      const { conversationId: _, rev, ...receipt } = push.payload;
      return { kind: 'change', change: { kind: 'receipt', rev, receipt } };
    }
    case 'conversation.changed':
      return { kind: 'change', change: { kind: 'conversation', rev: push.payload.rev, conversation: push.payload } };
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);
}
