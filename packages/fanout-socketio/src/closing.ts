import { bystander, dialects, native, speak } from '@parley/dialects';
import { type ClosingCode, closings, nothingMore } from '@parley/protocol';
import type { Socket } from 'socket.io';
import { cut } from './cut.ts';
import { limits } from './limits.ts';

/**
 * Ends a session: says why, then goes. Whoever should come back loses the connection (a Socket.IO client reconnects by
 * itself); who should not is disconnected by name, after which it never tries again.
 */
export function endSession(socket: Socket, code: ClosingCode): void {
  const { next, meaning } = closings[code];
  const { conn } = socket;
  const name: unknown = socket.data.dialect;
  const dialect = (typeof name === 'string' && dialects[name]) || native;
  for (const spoken of speak(dialect, 'session.closing', { code, message: meaning }, nothingMore, bystander)) {
    socket.emit(...spoken);
  }
  if (next === 'stop') socket.disconnect(true);
  else conn.close();
  if (conn.readyState === 'closed') return;
  const overdue = setTimeout(() => cut(conn), limits.closeGraceMs);
  overdue.unref();
  conn.once('close', () => clearTimeout(overdue));
}

export function isClosingCode(code: string): code is ClosingCode {
  return Object.hasOwn(closings, code);
}
