import cluster, { type Worker } from 'node:cluster';
import { randomBytes } from 'node:crypto';
import type { Config, Logger, Readiness } from '@parley/node-kit';
import { countTurns, type Turn } from './turns.ts';
import { isServes } from './worker.ts';

const loopback = '127.0.0.1';
/** A worker that could not start is not tried again at once. */
const againAfterMs = 1_000;
const askEveryMs = 1_000;
const askTimeoutMs = 2_000;
/** In a row: as long as a client waits for a ping before it takes the connection for dead. */
const silencesMax = 10;
/** A name has 64 characters at most; this leaves room for the worker's part. */
const nodeIdChars = 50;

type Member = {
  /** 1 to n, the same over all lives. */
  readonly index: number;
  readonly worker: Worker;
  readonly turn: Turn;
  /** Its private port; it takes connections once it is known. */
  base: string | undefined;
  readiness: Readiness;
  silences: number;
};

/** The workers of one node. */
export type Crew = {
  /** Whether one of them takes new sessions. */
  readonly ready: boolean;
  /** Those that take connections, by their index. */
  ask(path: string, init?: RequestInit): Promise<{ index: number; text: string }[]>;
  /** One of them, at its private port. @throws Error when it does not answer */
  tell(index: number, path: string, init?: RequestInit): Promise<string>;
  /** Every worker drains and ends; nobody takes its place. @param overMs how long clients have, the node's own time by default */
  end(overMs?: number): Promise<void>;
};

/**
 * Keeps n workers alive: each is a whole node with an id and a lease of its own, so that the death of one ends its
 * connections and nothing else. A worker that ends is followed by another in its place.
 * @param onServing called whenever the number of those that take connections changes
 */
export function startCrew(config: Config, log: Logger, onServing: (count: number) => void): Crew {
  const members = new Map<number, Member>();
  const restarts = new Set<NodeJS.Timeout>();
  // The first bytes of a connection travel to its worker as they are.
  cluster.setupPrimary({ serialization: 'advanced' });
  let ending = false;
  let onGone = (): void => undefined;
  const serving = () => [...members.values()].filter(({ base }) => base !== undefined);

  const fork = (index: number): void => {
    const life = `${config.nodeId.slice(0, nodeIdChars)}-w${index}-${randomBytes(3).toString('hex')}`;
    const worker = cluster.fork({
      PARLEY_NODE_ID: life,
      PARLEY_HOST: loopback,
      PARLEY_PRIVATE_PORT: '0',
      PARLEY_LOG_LEVEL: log.level,
    });
    const turn = countTurns(worker);
    const member: Member = { index, worker, turn, base: undefined, readiness: 'broken', silences: 0 };
    members.set(index, member);
    worker.on('message', (message: unknown) => {
      if (!isServes(message)) return;
      member.turn.begin();
      Object.assign(member, { base: `http://${loopback}:${message.privatePort}`, readiness: 'ready' });
      log.info({ worker: index, pid: worker.process.pid }, 'a worker takes connections');
      onServing(serving().length);
    });
    worker.on('error', (err) => log.warn({ err, worker: index }, 'a worker could not be told'));
    worker.once('exit', (code, signal) => left(member, code, signal));
  };
  const left = (member: Member, code: number | null, signal: string | null): void => {
    members.delete(member.index);
    if (member.base !== undefined) onServing(serving().length);
    if (ending) return onGone();
    log.error({ worker: member.index, code, signal }, 'a worker ended, and another takes its place');
    const timer = setTimeout(
      () => {
        restarts.delete(timer);
        fork(member.index);
      },
      member.base === undefined ? againAfterMs : 0,
    );
    restarts.add(timer);
  };
  const look = async (member: Member): Promise<void> => {
    member.turn.settle();
    const status = await statusOf(member);
    if (status !== undefined) {
      Object.assign(member, { readiness: status, silences: 0 });
    } else if ((member.silences += 1) > silencesMax) {
      log.error({ worker: member.index }, 'a worker has been silent for too long and is killed');
      member.worker.process.kill('SIGKILL');
    }
  };
  const looking = setInterval(() => serving().forEach((member) => void look(member)), askEveryMs);

  for (let index = 1; index <= config.workers; index += 1) fork(index);
  return {
    get ready() {
      return !ending && serving().some(({ readiness }) => readiness === 'ready');
    },
    async ask(path, init) {
      const answers = await Promise.allSettled(
        serving().map(async (member) => ({ index: member.index, text: await textOf(member, path, init) })),
      );
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    },
    async tell(index, path, init) {
      const member = members.get(index);
      if (!member) throw new Error(`there is no worker ${index}`);
      return textOf(member, path, init);
    },
    async end(overMs) {
      ending = true;
      clearInterval(looking);
      for (const timer of restarts) clearTimeout(timer);
      const gone = new Promise<void>((resolve) => {
        onGone = () => members.size === 0 && resolve();
      });
      await Promise.all([...members.values()].map((member) => endOne(member, overMs)));
      onGone();
      await gone;
    },
  };
}

async function endOne(member: Member, overMs: number | undefined): Promise<void> {
  const told = overMs !== undefined && textOf(member, `/drain?overMs=${overMs}`, { method: 'POST' });
  // Who cannot be told so ends in its own time.
  const obeys = told && (await told.then(Boolean, () => false));
  if (!obeys) member.worker.process.kill('SIGTERM');
}

const words: Readonly<Record<number, Readiness>> = { 200: 'ready', 404: 'draining', 503: 'broken' };

async function statusOf(member: Member): Promise<Readiness | undefined> {
  try {
    const { status } = await fetch(`${member.base}/readyz`, { signal: AbortSignal.timeout(askTimeoutMs) });
    return words[status];
  } catch {
    return undefined;
  }
}

async function textOf({ base }: Member, path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(askTimeoutMs) });
  if (!response.ok) throw new Error(`the worker answered ${response.status}`);
  return response.text();
}
