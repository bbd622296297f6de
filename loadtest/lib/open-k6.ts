import { WebSocket } from 'k6/websockets';
import type { OpenWire } from './socket.ts';

const open = 1;

/**
 * Over k6's own WebSocket, many to a VU. `tags` go to what k6 measures of the connection: without a `name`, every URL
 * would be a time series of its own. `headers` go with the handshake: a cookie, an `authorization`, an `origin`.
 */
export function openInK6(
  tags: Record<string, string> = { name: 'session' },
  headers: Record<string, string> = {},
): OpenWire {
  return (url, hears) => {
    const ws = new WebSocket(url, null, { tags, headers });
    ws.binaryType = 'arraybuffer';
    let ended = false;
    ws.addEventListener('message', (event) => {
      if (ended || !('data' in event)) return;
      const { data, timestamp } = event;
      // The time of reading, before this event waited for its turn. Never a `Blob`: see `binaryType`.
      if (typeof data === 'string' || data instanceof ArrayBuffer) hears.frame(data, timestamp);
    });
    let failure: string | undefined;
    // Without this listener k6 would end the whole iteration, with all of its sockets. `close` follows.
    ws.addEventListener('error', (event) => {
      if ('error' in event) failure = event.error;
    });
    ws.addEventListener('close', (event) => {
      ended = true;
      hears.closed(failure ?? `closed with ${'code' in event ? String(event.code) : 'no code'}`);
    });
    return {
      send: (data) => void (ws.readyState === open && ws.send(data)),
      close() {
        ended = true;
        ws.close();
      },
    };
  };
}
