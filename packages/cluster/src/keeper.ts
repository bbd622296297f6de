import type { Part } from './parts/part.ts';
import { describeExit, type Exit, sendTo } from './processes/child.ts';
import type { Identity } from './processes/identity.ts';
import type { Progress } from './progress.ts';

export type KeeperOptions<P extends Part> = {
  name: string;
  /** `born` is told of the process before it is ready; `former` is there when it is to take over from one that lives. */
  start: (born: (identity: Identity) => void, former?: P) => Promise<P>;
  /** Starts it again when it ends by itself, after a pause that doubles with each early death. */
  restartWhenGone: boolean;
  /** Hears of deaths and restarts. */
  say: Progress;
  /** Called after every birth and every end. */
  changed: () => void;
};

/** Holds one process over its lives. What is asked of it happens one after the other. */
export type Keeper<P extends Part = Part> = {
  name: string;
  /** The living process. */
  part: () => P | undefined;
  /** The process that may still have to be ended, ready or not. */
  identity: () => Identity | undefined;
  start: () => Promise<P>;
  /** Sends the signal; with SIGKILL, SIGTERM and SIGINT it also waits for the end. */
  kill: (signal: NodeJS.Signals) => Promise<void>;
  /** Ends it properly where it lives, and starts it. */
  restart: () => Promise<P>;
  /** Starts another, which takes over from the one that lives and ends then by itself. When it does not start, that one stays. */
  succeed: () => Promise<P>;
  /** Ends it for good; a node drains before, for as long as that. */
  stop: (overMs?: number) => Promise<void>;
};

const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 5_000;
/** Who lived this long is started at once when it dies. */
const HEALTHY_MS = 30_000;
const deadly: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT'];

export function keep<P extends Part>({ name, start, restartWhenGone, say, changed }: KeeperOptions<P>): Keeper<P> {
  let part: P | undefined;
  let identity: Identity | undefined;
  let stopped = false;
  let earlyDeaths = 0;
  let pause: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let takeover: Promise<unknown> | undefined;

  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const next = last.then(job, job);
    last = next.catch(() => undefined);
    return next;
  };

  const bear = async (former?: P): Promise<P> => {
    const born = await start((found) => {
      identity = found;
      changed();
    }, former);
    const bornAt = Date.now();
    part = born;
    changed();
    void born.exited.then((exit) => {
      // Whoever is taken over from may end before the other is ready: whether that is a death is known afterwards.
      if (takeover) void takeover.then(() => died(born, bornAt, exit));
      else died(born, bornAt, exit);
    });
    return born;
  };

  const died = (who: P, bornAt: number, exit: Exit): void => {
    if (part !== who) return;
    part = undefined;
    identity = undefined;
    changed();
    if (stopped) return;
    earlyDeaths = Date.now() - bornAt > HEALTHY_MS ? 0 : earlyDeaths + 1;
    if (restartWhenGone) again(`${name} ${describeExit(exit)}`);
  };

  const again = (why: string): void => {
    const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(earlyDeaths - 1, 10));
    say(`${why}; starting it again in ${pauseMs / 1000} s`);
    pause = setTimeout(() => void inTurn(revive), pauseMs);
  };

  const revive = async (): Promise<void> => {
    if (stopped || part) return;
    try {
      await bear();
      say(`${name} is back`);
    } catch (error) {
      earlyDeaths++;
      again(`${name} did not start (${error instanceof Error ? error.message : String(error)})`);
    }
  };

  /** From here on the end of the present process is wanted, and not a death. */
  const end = async (overMs?: number): Promise<void> => {
    const ending = part;
    part = undefined;
    clearTimeout(pause);
    await ending?.stop(overMs);
    identity = undefined;
    if (ending) changed();
  };

  return {
    name,
    part: () => part,
    identity: () => identity,
    start: () => inTurn(() => bear()),
    kill: async (signal) => {
      const target = part;
      target?.signal(signal);
      if (deadly.includes(signal)) await target?.exited;
    },
    restart: () =>
      inTurn(async () => {
        await end();
        return await bear();
      }),
    succeed: () =>
      inTurn(async () => {
        const bearing = bear(part);
        takeover = bearing.catch(() => undefined);
        try {
          return await bearing;
        } catch (error) {
          identity = part?.identity;
          changed();
          throw error;
        } finally {
          takeover = undefined;
        }
      }),
    stop: (overMs) => {
      stopped = true;
      // Not ready yet, or in a long drain that is cut short now: waiting for it would only take longer.
      if (!part && identity) sendTo(identity, 'SIGTERM');
      return inTurn(() => end(overMs));
    },
  };
}
