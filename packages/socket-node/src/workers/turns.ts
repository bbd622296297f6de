import type { Worker } from 'node:cluster';

/** What `sticky` sends with the first bytes of a connection. */
type Handed = { type: string; data?: unknown };

export type Turn = {
  /** It takes new sessions from now on. */
  begin(): void;
  /** Who was handed over until now is a session by now, or was refused. */
  settle(): void;
};

/**
 * `sticky` gives a new session to the worker with the least `clientsCount`, in which a session counts once it is there:
 * of forty that came together all forty went to the same worker (tried), as in a storm of reconnects. So the number has
 * those, too, that were handed over a moment ago; and it is infinite for a worker that takes none yet.
 */
export function countTurns(worker: Worker): Turn {
  let sessions = Number.POSITIVE_INFINITY;
  let handed = 0;
  const send = worker.send.bind(worker);
  Object.defineProperty(worker, 'clientsCount', {
    get: () => sessions + handed,
    set(count: number) {
      sessions = count - handed;
    },
  });
  Object.assign(worker, {
    send: (message: Handed, ...more: unknown[]): unknown => {
      if (beginsSession(message)) handed += 1;
      return Reflect.apply(send, undefined, [message, ...more]);
    },
  });
  return {
    begin: () => void (sessions = 0),
    settle: () => void (handed = 0),
  };
}

const beginsSession = ({ type, data }: Handed): boolean =>
  (type === 'sticky:connection' || type === 'sticky:http-chunk-start') &&
  Buffer.isBuffer(data) &&
  !data.includes('sid=');
