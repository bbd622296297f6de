import type { OpenWire } from '../lib/socket.ts';
import { openWebSocket } from './web-socket.ts';

/** Over the generator's own WebSocket: the cheapest in Node, and it reads what a refusal says. Text and ASCII only. */
export const openRaw: OpenWire = (url, hears) => {
  const socket = openWebSocket(
    url,
    {},
    {
      text: (bytes, start, end) =>
        hears.frame(bytes.toString('latin1', start, end), performance.timeOrigin + performance.now()),
      closed: (reason, retryAfterMs) => hears.closed(reason, retryAfterMs),
    },
  );
  return {
    send(data) {
      if (typeof data === 'string') socket.send(data);
    },
    close: () => socket.close(),
  };
};
