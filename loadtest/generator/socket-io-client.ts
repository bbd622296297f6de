import { defaultPath, headOf, pong, query } from '../lib/wire.ts';
import { integerBehind, startsWith, stampIn } from './bytes.ts';
import type { Client, Hears } from './client.ts';
import type { Codec } from './codec.ts';
import type { Seat } from './plan.ts';
import { openWebSocket, type RawWebSocket } from './web-socket.ts';

/** One raw WebSocket that speaks Socket.IO by hand. Deliveries are read as bytes: nobody parses their JSON. */
export function openSocketIoClient(codec: Codec, seat: Seat, hears: Hears): Client {
  let socket = open();

  const { ready } = codec;
  let isEntering = 'first' in ready;
  return {
    send: (id, clientId, body) => socket.send(codec.send(id, seat, clientId, body)),
    close: () => socket.close(),
  };

  function open(): RawWebSocket {
    return openWebSocket(`${seat.url}${defaultPath}${query}`, seat.headers, {
      text(bytes, start, end) {
        if (startsWith(bytes, codec.deliveryHead, start, end)) {
          const stamp = stampIn(bytes, start, end);
          const number = codec.numberKey && integerBehind(bytes, codec.numberKey, start, end);
          if (stamp) hears.delivered(stamp, number);
        } else onPacket(bytes.toString('latin1', start, end));
      },
      closed(reason, retryAfterMs) {
        // Only a node that admits no more at the moment says it: it is taken at its word.
        if (retryAfterMs === undefined) hears.closed(reason);
        else setTimeout(() => void (socket = open()), retryAfterMs);
      },
    });
  }

  function onPacket(frame: string): void {
    const head = headOf(frame);
    switch (head?.packet) {
      case 'open':
        return socket.send(codec.connect(seat));
      case 'ping':
        return socket.send(pong);
      case 'answer': {
        const outcome = codec.outcome(frame, head);
        if (!isEntering) return hears.answered(head.id ?? -1, outcome);
        isEntering = false;
        return outcome === 'stored' ? hears.ready(codec.reached(frame, seat)) : hears.closed(outcome.code);
      }
      case 'event':
        if ('head' in ready && frame.startsWith(ready.head)) hears.ready(codec.reached(frame, seat));
        return;
      case 'refused':
      case 'disconnected':
        hears.closed(frame.slice(0, 200));
        return socket.close();
      case 'connected':
        if ('first' in ready) socket.send(ready.first(seat));
        return;
      case 'close':
      case 'noop':
      case undefined:
        return;
    }
  }
}
