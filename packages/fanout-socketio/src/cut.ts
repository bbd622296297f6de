import type { Socket } from 'socket.io';

export type Conn = Socket['conn'];

/**
 * Ends a connection whose client may not be reading. `close` waits for the write buffer to drain, and frees nothing
 * until then; only the end of the transport itself does.
 */
export function cut(conn: Conn): void {
  const { transport } = conn;
  if ('socket' in transport && canTerminate(transport.socket)) transport.socket.terminate();
  else conn.close(true);
}

function canTerminate(socket: unknown): socket is { terminate(): void } {
  return typeof socket === 'object' && socket !== null && 'terminate' in socket;
}
