import type { Logger } from 'pino';

/** The only way to run something without awaiting it: a failure reaches the log under a name, and never the process. */
export function inBackground(log: Pick<Logger, 'error'>, name: string, promise: Promise<unknown>): void {
  promise.catch((err: unknown) => log.error({ err, background: name }, `${name} failed in the background`));
}
