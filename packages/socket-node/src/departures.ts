import { setTimeout as sleep } from 'node:timers/promises';
import type { ClosingCode } from '@parley/protocol';
import type { Connection } from './connection.ts';

type Leaving = Pick<Connection, 'say' | 'end' | 'inFlight' | 'socket' | 'migrates'>;

export type Departure = {
  /** From one client's turn to the next: so many come to the other nodes at once, and no more. */
  pauseMs: number;
  /** From its turn until a client that said it would move and did not is closed. */
  graceMs: number;
  code: ClosingCode;
};

const pollMs = 25;
/** After a stall of this process the turns go on at their pace, and do not make up for it in one crowd. */
const catchUpMs = 50;
/** An answer that does not come holds nobody for longer. */
const answerMsMax = 2_000;

/**
 * Sends clients to other nodes, one after the other. At its turn a client is told by `server.migrate` to connect
 * elsewhere now, before it leaves; the node keeps the pace, because delays that clients choose make crowds by chance. Who
 * did not say that it follows (a plain Socket.IO client) is closed at its turn, and no later: beside the turns of others
 * it would make twice the pace. It is closed so that it may come back, and never by `disconnect(true)`, which stops a
 * client for good. Commands in flight are finished first.
 */
export async function depart(leaving: Iterable<Leaving>, { pauseMs, graceMs, code }: Departure): Promise<void> {
  const goings: Promise<void>[] = [];
  let turnAt = performance.now();
  for (const connection of leaving) {
    const aheadMs = turnAt - performance.now();
    if (aheadMs > 1) await sleep(aheadMs);

    if (!connection.socket.connected) continue;
    turnAt = Math.max(turnAt, performance.now() - catchUpMs) + pauseMs;
    connection.say('server.migrate', { afterMs: 0 });
    goings.push(close(connection, connection.migrates ? graceMs : 0, code));
  }
  await Promise.all(goings);
}

async function close(connection: Leaving, graceMs: number, code: ClosingCode): Promise<void> {
  if (graceMs > 0) await goneOr(connection, graceMs);
  const until = performance.now() + answerMsMax;
  while (connection.inFlight > 0 && connection.socket.connected && performance.now() < until) await sleep(pollMs);
  if (connection.socket.connected) connection.end(code);
}

function goneOr({ socket }: Leaving, withinMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const overdue = setTimeout(resolve, withinMs);
  socket.once('disconnect', () => {
    clearTimeout(overdue);
    resolve();
  });
  return promise;
}
