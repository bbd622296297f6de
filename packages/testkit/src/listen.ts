/** An EventEmitter of Node, a Socket.IO socket, a client of ours: anything that says what happens by names. */
export type Speaker = {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
};

const withinMsDefault = 5_000;
const silenceMsDefault = 300;

/**
 * The first argument of the next `event`. Listen before you cause it: what was said earlier is not heard.
 * @throws Error when nothing comes in time
 */
export function next<T = unknown>(
  speaker: Speaker,
  event: string,
  { withinMs = withinMsDefault, where = () => true }: { withinMs?: number; where?: (value: T) => boolean } = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      speaker.off(event, hear);
    };
    const hear = (value: unknown) => {
      if (!where(value as T)) return;
      stop();
      resolve(value as T);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`no ${event} within ${withinMs} ms`));
    }, withinMs);
    speaker.on(event, hear);
  });
}

/**
 * Proves, as far as a bounded wait can, that `event` does not come.
 * @throws Error with the value when it does
 */
export function silence(
  speaker: Speaker,
  event: string,
  { forMs = silenceMsDefault, where = () => true }: { forMs?: number; where?: (value: unknown) => boolean } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      speaker.off(event, hear);
    };
    const hear = (value: unknown) => {
      if (!where(value)) return;
      stop();
      reject(new Error(`${event} broke the silence with ${JSON.stringify(value)}`));
    };
    const timer = setTimeout(() => {
      stop();
      resolve();
    }, forMs);
    speaker.on(event, hear);
  });
}
