import { startsWith, stampIn } from './bytes.ts';
import { deliveryHead, eachLine, enterCommands, path, ping, publishCommand, readReply } from './centrifugo.ts';
import type { Client, Hears } from './client.ts';
import type { Seat } from './plan.ts';
import { openWebSocket } from './web-socket.ts';

/** One raw WebSocket that speaks Centrifugo's protocol by hand: a channel for each conversation. Deliveries are read as bytes. */
export function openCentrifugoClient({ url, headers, conversationId }: Seat, hears: Hears): Client {
  const socket = openWebSocket(`${url}${path}`, headers, {
    opened: () => socket.send(enterCommands(conversationId)),
    text(bytes, start, end) {
      const frame = bytes.subarray(start, end);
      eachLine(frame, (from, to) => onLine(frame, from, to));
    },
    closed: (reason) => hears.closed(reason),
  });

  return {
    send: (id, clientId, body) => socket.send(publishCommand(id, conversationId, { clientId, body })),
    close: () => socket.close(),
  };

  function onLine(frame: Buffer, start: number, end: number): void {
    if (startsWith(frame, deliveryHead, start, end)) {
      const stamp = stampIn(frame, start, end);
      // Without history it numbers nothing.
      if (stamp) hears.delivered(stamp, undefined);
    } else if (end - start === ping.length) socket.send(ping);
    else onReply(frame.subarray(start, end));
  }

  function onReply(line: Buffer): void {
    const reply = readReply(line);
    if (!reply) return;
    const { of, outcome } = reply;
    if (typeof of === 'object') hears.answered(of.id, outcome);
    else if (outcome !== 'stored') hears.closed(outcome.code);
    else if (of === 'subscribe') hears.ready(undefined);
  }
}
