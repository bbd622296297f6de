import { integerBehind, startsWith, stampIn } from './bytes.ts';
import type { Client, Hears, Outcome } from './client.ts';
import type { Seat } from './plan.ts';
import {
  deliveryHead,
  enterMessages,
  locked,
  numberKey,
  path,
  publishMessage,
  readAnswer,
  subMessage,
} from './tinode.ts';
import { openWebSocket } from './web-socket.ts';

/** One raw WebSocket that speaks Tinode's protocol by hand: a topic for each conversation. Deliveries are read as bytes. */
export function openTinodeClient({ url, headers, token, conversationId }: Seat, hears: Hears): Client {
  const socket = openWebSocket(`${url}${path}`, headers, {
    opened() {
      for (const message of enterMessages(token, conversationId)) socket.send(message);
    },
    text(bytes, start, end) {
      if (!startsWith(bytes, deliveryHead, start, end)) return onAnswer(bytes.subarray(start, end));
      const stamp = stampIn(bytes, start, end);
      if (stamp) hears.delivered(stamp, integerBehind(bytes, numberKey, start, end));
    },
    closed: (reason) => hears.closed(reason),
  });

  return {
    // It has no clientId: a message that is sent again is a new one, which the audit finds by its body.
    send: (id, _clientId, body) => socket.send(publishMessage(id, conversationId, body)),
    close: () => socket.close(),
  };

  function onAnswer(frame: Buffer): void {
    const answer = readAnswer(frame);
    if (!answer) return;
    const { of, outcome } = answer;
    if (typeof of === 'object') return hears.answered(of.id, outcome);
    if (outcome !== 'stored') return refused(outcome);
    if (of === 'sub') hears.ready(undefined);
  }

  function refused({ code, retryAfterMs }: Exclude<Outcome, 'stored'>): void {
    if (code === locked) setTimeout(() => socket.send(subMessage(conversationId)), retryAfterMs);
    else hears.closed(code);
  }
}
