import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';

type Options = {
  /** Lets clients move, finishes what is in flight and closes every part. Runs once. */
  drain: (reason: string) => Promise<void>;
  log: Pick<Logger, 'info' | 'warn' | 'error' | 'fatal'>;
  /** After this the process ends whatever `drain` is doing. */
  withinMs?: number;
};

const drainMsMax = 30_000;

/**
 * Ends the process well on SIGTERM, SIGINT and defects: drains, then exits with 0, or with 1 after an error or when
 * draining took too long. @returns a function that does the same without a signal
 */
export function runUntilSignal({ drain, log, withinMs = drainMsMax }: Options): () => void {
  const { close } = closeWithGrace({ delay: withinMs, logger: log }, async ({ signal, err }) => {
    hearSignalsOnce(log);
    if (err) log.fatal({ err }, 'a defect ends this process');
    const reason = signal ?? (err ? 'defect' : 'request');
    log.info({ reason }, 'draining');
    await drain(reason);
    log.info({ reason }, 'drained');
  });
  return close;
}

/**
 * Ctrl-C reaches the whole process group, and then the starter sends SIGTERM besides: close-with-grace would take the
 * second signal for impatience and exit in the middle of the drain. The time limit and SIGKILL still end it.
 */
function hearSignalsOnce(log: Options['log']): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => log.info({ signal }, 'draining already'));
  }
}
