import { describe, expect, it } from 'vitest';
import { createMember, type Findings } from '../lib/oracle.ts';
import { openSession, outboxMax } from '../lib/session.ts';
import type { OpenWire } from '../lib/socket.ts';
import { createTrack, missingBelow, take } from '../lib/track.ts';
import { answerFrame, eventFrame, headOf, payloadOf } from '../lib/wire.ts';

function createFindings() {
  const found = { lost: 0, duplicated: 0, reordered: 0, repaired: 0, stale: 0, delivered: 0 };
  const findings: Findings = {
    lost: (messages) => (found.lost += messages),
    duplicated: () => (found.duplicated += 1),
    reordered: () => (found.reordered += 1),
    gapRepaired: (messages) => (found.repaired += messages),
    staleMs: () => (found.stale += 1),
    deliveryMs: () => (found.delivered += 1),
  };
  return { found, findings };
}

const clean = { lost: 0, duplicated: 0, reordered: 0, repaired: 0, stale: 0 };
const stampOf = (counter: number, sender = 0) => ({ sender, counter, atUs: 0 });

describe('a member of a contract without numbers', () => {
  it.each([
    ['all in order', [0, 1, 2, 3], {}],
    ['one missing', [0, 1, 3], { lost: 1 }],
    ['the last missing', [0, 1, 2], { lost: 1 }],
    ['one twice', [0, 1, 1, 2, 3], { duplicated: 1 }],
    ['one late', [0, 2, 1, 3], { reordered: 1 }],
    ['one late, and again', [0, 2, 1, 3, 1], { reordered: 1, duplicated: 1 }],
  ])('%s', (_what, counters, expected) => {
    const { found, findings } = createFindings();
    const member = createMember(findings);
    for (const counter of counters) member.heard({ stamp: stampOf(counter), atMs: 1 });
    member.finish(new Map([[0, 4]]));
    expect(found).toMatchObject({ ...clean, ...expected });
  });
});

describe('a member of a numbered conversation', () => {
  const pushes = (member: ReturnType<typeof createMember>, ...seqs: number[]): boolean[] =>
    seqs.map((seq) => member.pushed({ seq, stamp: stampOf(seq - 1), atMs: 1 }));

  it('does not count what the heads cover, nor what was said while it was away', () => {
    const { found, findings } = createFindings();
    const member = createMember(findings);
    expect(member.began(0)).toBe(false);
    pushes(member, 1, 2);
    expect(member.began(5)).toBe(true);
    // Late pushes of before the head: the log has them.
    pushes(member, 4, 5);
    member.repaired(
      [3, 4, 5].map((seq) => ({ seq, stamp: stampOf(seq - 1), atMs: 9 })),
      5,
      'away',
    );
    pushes(member, 6);
    member.finish(new Map([[0, 6]]));
    expect(found).toEqual({ ...clean, stale: 3, delivered: 3 });
    expect(member.cursor).toBe(6);
  });

  it('holds what comes before its turn, and says until when something is missing', () => {
    const { found, findings } = createFindings();
    const member = createMember(findings);
    member.began(0);
    expect(pushes(member, 1, 3, 4, 2)).toEqual([false, true, true, false]);
    expect(found).toMatchObject({ ...clean, reordered: 1, delivered: 4 });
  });

  it('finds a message that was stored under two numbers, although both came once', () => {
    const { found, findings } = createFindings();
    const member = createMember(findings);
    member.began(0);
    member.pushed({ seq: 1, stamp: stampOf(0), atMs: 1 });
    member.pushed({ seq: 2, stamp: stampOf(0), atMs: 1 });
    expect(found).toMatchObject({ ...clean, duplicated: 1 });
  });

  it('goes on after more than it can keep account of is missing, and counts all of it', () => {
    const { found, findings } = createFindings();
    const member = createMember(findings);
    member.heard({ stamp: stampOf(0), atMs: 1 });
    member.heard({ stamp: stampOf(1_000), atMs: 1 });
    member.heard({ stamp: stampOf(1_001), atMs: 1 });
    member.finish(new Map([[0, 1_002]]));
    expect(found).toMatchObject({ ...clean, lost: 999 });
  });
});

describe('bounds', () => {
  it('a track takes the same memory after a million numbers as after one', () => {
    const track = createTrack();
    for (let number = 0; number < 1_000_000; number += 2) {
      take(track, number + 1);
      take(track, number);
    }
    expect(track.ahead).toHaveLength(8);
    expect(missingBelow(track, 1_000_000)).toBe(0);
  });

  it('a client that nobody answers keeps so many messages, and no more', () => {
    const session = openSession(
      { url: 'http://nowhere', open: () => ({ send() {}, close() {} }), token: 't', members: new Map() },
      {},
    );
    const answers: unknown[] = [];
    for (let i = 0; i <= outboxMax; i += 1) session.send('c', `${i}`, 'x', (answer) => answers.push(answer));
    session.close();
    expect(answers).toEqual([{ code: 'outbox_full' }]);
  });

  it('a client asks of every conversation what it lacks, of more than one question may name', async () => {
    const ids = Array.from({ length: 401 }, (_, i) => `c${i}`);
    const members = new Map(ids.map((id) => [id, createMember(createFindings().findings)]));
    const level = Promise.withResolvers<void>();
    const open = behindIn(['c0', 'c200', 'c400']);
    const session = openSession({ url: 'http://nowhere', open, token: 't', members }, { level: level.resolve });
    await level.promise;
    expect(await new Promise((answered) => session.audit(answered))).toBe(3);
    session.close();
  });
});

/** A server that knows of one more message in each of these conversations, and takes 200 in one question. */
function behindIn(ids: readonly string[]): OpenWire {
  return (_url, hears) => {
    const say = (frame: string): void => queueMicrotask(() => hears.frame(frame, 1));
    say('0{}');
    return {
      close() {},
      send(frame) {
        const head = typeof frame === 'string' ? headOf(frame) : undefined;
        if (typeof frame !== 'string' || !head) return;
        if (head.packet === 'connected') {
          say('40{"sid":"a"}');
          say(eventFrame(['session.ready', { epoch: 'e', conversations: [] }]));
        }
        if (head.packet !== 'event') return;
        const [, { conversations }] = payloadOf(frame, head) as [string, { conversations: Cursor[] }];
        const ok = conversations.length <= 200;
        const told = conversations.map(({ id, seq }) => ({ id, seq: ids.includes(id) ? seq + 1 : seq }));
        say(answerFrame([{ ok, conversations: told }], { id: head.id }));
      },
    };
  };
}

type Cursor = { id: string; seq: number };
