import type { Invariant, Send } from './history.ts';
import { sendKey } from './views.ts';

type Span = { conversationId: string; body: string; seq: number; invokedAt: number; ackedAt: number };

/**
 * I6: if a was acknowledged before b was sent, in one conversation, then a has the smaller number. And what one
 * connection sends without waiting is numbered in the order in which it was sent.
 */
export const realTime: Invariant = ({ sends }) => [
  ...[...Map.groupBy(spansOf(sends), ({ conversationId }) => conversationId).values()].flatMap(afterAck),
  ...[
    ...Map.groupBy(sends.filter(isFirstTry), (s) => `${s.client}\n${s.session}\n${s.conversationId}`).values(),
  ].flatMap(pipelined),
];

/** All tries of a send are one: it began with the first try, and was known to be stored at the first `ok`. */
function spansOf(sends: readonly Send[]): Span[] {
  return [...Map.groupBy(sends, sendKey).values()].flatMap((tries) => {
    const acks = tries.flatMap(({ outcome }) => (outcome.type === 'ok' ? [outcome] : []));
    const [first] = tries;
    const [ack] = acks;
    if (!first || !ack) return [];
    return {
      conversationId: first.conversationId,
      body: first.body,
      seq: ack.seq,
      invokedAt: Math.min(...tries.map(({ invokedAt }) => invokedAt)),
      ackedAt: Math.min(...acks.map(({ at }) => at)),
    };
  });
}

/** Walks through time once: before each send, the highest number that was acknowledged by then must be below its own. */
function afterAck(spans: readonly Span[]): string[] {
  const byAck = spans.toSorted((a, b) => a.ackedAt - b.ackedAt);
  let next = 0;
  let highest: Span | undefined;
  return spans
    .toSorted((a, b) => a.invokedAt - b.invokedAt)
    .flatMap((span) => {
      for (let acked = byAck[next]; acked && acked.ackedAt < span.invokedAt; acked = byAck[next]) {
        if (!highest || acked.seq > highest.seq) highest = acked;
        next += 1;
      }
      return highest && highest.seq >= span.seq
        ? [`${highest.body} was acknowledged as ${highest.seq} before ${span.body} was sent, which became ${span.seq}`]
        : [];
    });
}

/** In the order of recording, which is the order of sending. */
function pipelined(sends: readonly Send[]): string[] {
  let before: { body: string; seq: number } | undefined;
  return sends.flatMap(({ outcome, body }) => {
    if (outcome.type !== 'ok') return [];
    const wrong =
      before && before.seq >= outcome.seq ? [`${before.body} was sent before ${body}, and numbered after it`] : [];
    before = { body, seq: outcome.seq };
    return wrong;
  });
}

/** HTTP requests overtake each other, and a retry has the number of its first try. */
function isFirstTry({ session, outcome }: Send): boolean {
  return session > 0 && outcome.type === 'ok' && !outcome.duplicate;
}
