import type { OpenWire } from './socket.ts';

/** Over the WebSocket that Node and browsers have. */
export const openInNode: OpenWire = (url, hears) => {
  const ws = new WebSocket(url);
  ws.binaryType = 'arraybuffer';
  let ended = false;
  ws.addEventListener('message', ({ data }) => {
    // Never a `Blob`: see `binaryType`.
    if (ended || !(typeof data === 'string' || data instanceof ArrayBuffer)) return;
    hears.frame(data, performance.timeOrigin + performance.now());
  });
  // Whatever ends it, `close` follows.
  ws.addEventListener('close', ({ code, reason }) => {
    ended = true;
    hears.closed(reason || `closed with ${code}`);
  });
  return {
    send: (data) => void (ws.readyState === WebSocket.OPEN && ws.send(data)),
    close() {
      ended = true;
      ws.close();
    },
  };
};
