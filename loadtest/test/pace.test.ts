import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLedger } from '../generator/ledger.ts';
import { sendersOf, startPace } from '../generator/pace.ts';
import type { Load, Plan } from '../generator/plan.ts';

const seat = { url: '', headers: {}, userId: '', token: '', conversationId: '' };
const plan = (load: Load, senders: number): Plan => ({
  protocol: 'baseline',
  seats: Array.from({ length: 6 }, () => seat),
  roomSize: 3,
  senders,
  load,
  warmUpMs: 0,
  windowMs: 0,
});

describe('who sends', () => {
  it('are the first members of each conversation', () => {
    const closed: Load = { kind: 'closed', window: 1 };
    expect([1, 2, 3].map((senders) => sendersOf(plan(closed, senders)))).toEqual([
      [0, 3],
      [0, 1, 3, 4],
      [0, 1, 2, 3, 4, 5],
    ]);
  });

  it('keeps its window full in a closed loop, until it is stopped', () => {
    const sent: number[] = [];
    const pace = startPace(plan({ kind: 'closed', window: 2 }, 1), (client) => sent.push(client));
    pace.answered(3);
    pace.stop();
    pace.answered(0);
    expect(sent).toEqual([0, 0, 3, 3, 3]);
  });

  it('sends each message of an open loop when it is due, the first one at once', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const late: number[] = [];
    const pace = startPace(plan({ kind: 'open', rate: 10 }, 3), (_, atMs) => late.push(performance.now() - atMs));
    vi.advanceTimersByTime(1_000);
    pace.stop();
    expect(late).toHaveLength(11);
    // A tick of the timer, and not a period of the rate, which would be taken for latency.
    expect(Math.max(...late)).toBeLessThanOrEqual(1);
  });

  it('takes turns when messages are alone, each after the last was answered', async () => {
    const sent: number[] = [];
    await new Promise<void>((done) => {
      const pace = startPace(plan({ kind: 'lone', pauseMs: 1 }, 1), (client) => {
        sent.push(client);
        if (sent.length === 4) pace.stop();
        pace.answered(client);
        if (sent.length === 4) done();
      });
    });
    expect(sent).toEqual([0, 3, 0, 3]);
  });
});

describe('the ledger where only some send', () => {
  it('expects their messages at every member, and finds those of others strange', () => {
    // Two conversations of three, the first of each sends: 0 and 3.
    const ledger = createLedger(6, 3, 1);
    for (const receiver of [3, 4]) ledger.delivered(receiver, 3, 0);
    ledger.delivered(5, 4, 0);
    expect(ledger.found.strange).toBe(1);
    expect(ledger.missing((sender) => (sender === 3 ? 1 : 0))).toBe(1);
  });
});
