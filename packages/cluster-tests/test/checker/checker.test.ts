import { conversationId, messageId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check, type Delivery, type History, type Row, type Send } from '@parley/cluster/recording';
import { play, type Script, scripts } from './correct-history.ts';

const one = conversationId(1);

/** Ada and Bob send in turns; Cy only listens, and is out of the second conversation for a while. */
const script: Script = {
  sends: Array.from({ length: 24 }, (_, i) => ({
    user: i % 2,
    conversation: i % 3 === 0 ? 1 : 0,
    at: i * 40,
    storeMs: 5,
    answerMs: 5,
    fate: i === 7 ? 'refused' : i === 9 ? 'retried' : i === 11 ? 'ack lost' : 'acked',
  })),
  cuts: [[], [500], []],
  away: { from: 300, to: 700 },
  read: [0.5, 0.2, 0],
};
const good = play(script);

/** The invariants that a history breaks, each once. */
function broken(changes: Partial<History>): string[] {
  return [...new Set(check({ ...good, ...changes }).map(({ invariant }) => invariant))];
}

function rows(change: (rows: readonly Row[]) => readonly Row[]): Partial<History> {
  return { database: { ...good.database, messages: change(good.database.messages) } };
}

/** The first message of the first conversation that somebody else sent, as one client heard it. */
function delivery(where: (delivery: Delivery) => boolean = () => true): Delivery {
  const found = good.deliveries.find(
    (d) => d.conversationId === one && d.client === 'cy-plain' && d.seq > 3 && where(d),
  );
  if (!found) throw new Error('the script has no such delivery');
  return found;
}

const without = (gone: Delivery) => good.deliveries.filter((d) => d !== gone);
const ackedAs = (send: Send) => (send.outcome.type === 'ok' ? send.outcome.seq : undefined);

describe('the checker', () => {
  it('finds nothing in what a perfect server does, whatever happens to its clients', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        expect(check(play(script))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('finds a broken promise whichever stored message goes missing', () => {
    fc.assert(
      fc.property(scripts, fc.nat(), (script, pick) => {
        const history = play(script);
        const { messages } = history.database;
        fc.pre(messages.length > 0);
        const gone = messages[pick % messages.length];
        const database = { ...history.database, messages: messages.filter((row) => row !== gone) };
        expect(check({ ...history, database }).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('a history that is broken on purpose is found by its invariant', () => {
  it('I1: an acknowledged message is not stored', () => {
    const last = good.database.conversations.find(({ conversationId }) => conversationId === one)?.lastSeq;
    expect(broken(rows((all) => all.filter((row) => row.conversationId !== one || row.seq !== last)))).toContain('I1');
  });

  it('I1: the acknowledgement names the number of another message', () => {
    const sends = good.sends.map((send) =>
      send.conversationId === one && send.outcome.type === 'ok' && send.outcome.seq === 2
        ? { ...send, outcome: { ...send.outcome, seq: 3, id: messageId(1, 3) } }
        : send,
    );
    expect(broken({ sends })).toContain('I1');
  });

  it('I2: a retry was stored again', () => {
    const [first] = good.database.messages.filter((row) => row.conversationId === one);
    const next = (good.database.conversations.find((c) => c.conversationId === one)?.lastSeq ?? 0) + 1;
    const twice = { ...first, seq: next, id: messageId(1, next) } as Row;
    expect(broken(rows((all) => [...all, twice]))).toContain('I2');
  });

  it('I3: two clients saw different messages under one number', () => {
    const odd = delivery();
    expect(broken({ deliveries: good.deliveries.map((d) => (d === odd ? { ...d, body: 'another' } : d)) })).toEqual([
      'I3',
    ]);
  });

  it('I3: a client saw a message that was never stored', () => {
    const ghost = { ...delivery(), seq: 9_999, id: messageId(1, 9_999) };
    expect(broken({ deliveries: [...good.deliveries, ghost] })).toContain('I3');
  });

  it('I4: a number was burnt', () => {
    const conversations = good.database.conversations.map((c) => ({ ...c, lastSeq: c.lastSeq + 1 }));
    expect(broken({ database: { ...good.database, conversations } })).toContain('I4');
  });

  it('I4: a beginning was dropped, and the conversation still begins there', () => {
    const messages = good.database.messages.filter(({ conversationId, seq }) => conversationId !== one || seq > 2);
    const moved = good.database.conversations.map((c) => (c.conversationId === one ? { ...c, firstSeq: 3 } : c));
    expect(broken({ database: { ...good.database, messages } })).toContain('I4');
    expect(broken({ unread: [], database: { ...good.database, messages, conversations: moved } })).toEqual([]);
  });

  it('I5: a client that ignores seq missed one in the middle', () => {
    expect(broken({ deliveries: without(delivery()) })).toEqual(['I5']);
  });

  it('I5: a client that ignores seq missed the first after its session began', () => {
    const begun = good.sessions.find(({ client, session }) => client === 'bob-plain' && session === 1);
    const after = begun?.heads.get(one) ?? 0;
    const isFirst = (d: Delivery) =>
      d.client === 'bob-plain' && d.session === 1 && d.conversationId === one && d.seq === after + 1;
    expect(good.deliveries.filter(isFirst)).toHaveLength(1);
    expect(broken({ deliveries: good.deliveries.filter((d) => !isFirst(d)) })).toEqual(['I5']);
  });

  it('I5: the last message never reached a client that was connected', () => {
    const last = good.deliveries.findLast((d) => d.client === 'cy-plain' && d.conversationId === one);
    expect(broken({ deliveries: good.deliveries.filter((d) => d !== last) })).toEqual(['I5']);
  });

  it('I5: two messages reached a client in the wrong order', () => {
    const a = delivery();
    const b = delivery((d) => d.seq === a.seq + 1);
    const swapped = good.deliveries.map((d) => (d === a ? b : d === b ? a : d));
    expect(broken({ deliveries: swapped })).toEqual(['I5']);
  });

  it('I5: a message reached a client twice', () => {
    const twice = delivery();
    expect(broken({ deliveries: good.deliveries.flatMap((d) => (d === twice ? [d, d] : [d])) })).toEqual(['I5']);
  });

  it('I5: the SDK applied a message twice, or left one out', () => {
    const change = (to: (messages: History['applied'][number]['messages']) => History['applied'][number]['messages']) =>
      good.applied.map((a) =>
        a.client === 'ada-sdk' && a.conversationId === one ? { ...a, messages: to(a.messages) } : a,
      );
    expect(broken({ applied: change((m) => [...m.slice(0, 3), ...m.slice(2)]) })).toEqual(['I5']);
    expect(broken({ applied: change((m) => m.toSpliced(2, 1)) })).toEqual(['I5']);
    expect(broken({ applied: change((m) => m.slice(0, -1)) })).toEqual(['I5']);
  });

  it('I5: a client never heard of a conversation, whether it repairs itself or not', () => {
    const { applied, deliveries, sessions } = good;
    expect(broken({ applied: applied.filter((a) => a.client !== 'ada-sdk' || a.conversationId !== one) })).toEqual([
      'I5',
    ]);
    const isOfIt = (d: Delivery) => d.client === 'cy-plain' && d.conversationId === one;
    const began = sessions.map((s) => (s.client === 'cy-plain' ? { ...s, heads: new Map<string, number>() } : s));
    expect(broken({ sessions: began })).toEqual([]);
    const unheard = { sessions: began, deliveries: deliveries.filter((d) => !isOfIt(d)) };
    expect(broken(unheard)).toEqual(['I5']);
    // Who had gone before the session began is told nothing of it.
    const { database } = good;
    const members = database.members.map((m) =>
      m.userId === 'cy' && m.conversationId === one ? { ...m, untilSeq: 1 } : m,
    );
    expect(
      check({ ...good, ...unheard, database: { ...database, members } }).filter(({ message }) =>
        message.startsWith('cy-plain'),
      ),
    ).toEqual([]);
  });

  it('I5: the last message before a membership ended never reached a client', () => {
    const two = conversationId(2);
    const isIn = (d: { conversationId: string }) => d.conversationId === two;
    const { database, ...rest } = play({ ...script, away: { from: 300, to: 1_000 } });
    const members = database.members.filter((m) => m.userId !== 'cy' || m.conversationId !== two || m.fromSeq === 0);
    const left = { ...rest, database: { ...database, members } };
    expect(check(left)).toEqual([]);
    const last = left.deliveries.findLast((d) => d.client === 'cy-plain' && isIn(d));
    const deliveries = left.deliveries.filter((d) => d !== last);
    expect(check({ ...left, deliveries }).map(({ invariant }) => invariant)).toEqual(['I5']);
    const applied = left.applied.map((a) =>
      a.client === 'cy-sdk' && isIn(a) ? { ...a, messages: a.messages.slice(0, -1) } : a,
    );
    expect(check({ ...left, applied }).map(({ invariant }) => invariant)).toEqual(['I5']);
  });

  it('I6: a later send got a smaller number', () => {
    const sends = good.sends.map((send) =>
      ackedAs(send) === 5 && send.conversationId === one ? { ...send, invokedAt: 100_000 } : send,
    );
    const later = sends.map((send) =>
      ackedAs(send) === 6 && send.conversationId === one
        ? { ...send, invokedAt: 0, outcome: { ...send.outcome, at: 1 } }
        : send,
    ) as Send[];
    expect(broken({ sends: later })).toEqual(['I6']);
  });

  it('I6: what one connection sent without waiting was stored in another order', () => {
    const mine = good.sends.filter(
      (s) => s.client === 'ada-sdk' && s.conversationId === one && ackedAs(s) !== undefined,
    );
    const [a, b] = mine;
    const sends = good.sends.map((s) => (s === a ? b : s === b ? a : s)) as Send[];
    expect(broken({ sends })).toEqual(['I6']);
  });

  it('I7: somebody heard what was said while they were out', () => {
    const two = conversationId(2);
    const [, back] = good.database.members.filter((m) => m.userId === 'cy' && m.conversationId === two);
    const missed = good.database.messages.find((row) => row.conversationId === two && row.seq === back?.fromSeq);
    const page = { userId: 'cy', messages: missed ? [missed] : [] };
    expect(broken({ pages: [...good.pages, page] })).toEqual(['I7']);
  });

  it('I11: the unread count is off by one', () => {
    expect(broken({ unread: good.unread.map((u) => ({ ...u, unread: u.unread + 1 })) })).toEqual(['I11']);
  });

  it('I11: an acknowledged reading was forgotten', () => {
    const members = good.database.members.map((m) => (m.userId === 'ada' ? { ...m, readSeq: 0 } : m));
    expect(broken({ database: { ...good.database, members } })).toContain('I11');
  });

  it('I12: a refused message was stored all the same', () => {
    const sends = good.sends.map((send) =>
      ackedAs(send) === 4 && send.conversationId === one
        ? { ...send, outcome: { type: 'fail', at: 1, code: 'busy' } as const }
        : send,
    );
    expect(broken({ sends })).toEqual(['I12']);
  });
});
