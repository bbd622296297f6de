import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Trouble } from '../trouble.ts';
import { guard, release } from './guard.ts';
import { type Identity, identityOf, isAlive } from './identity.ts';

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type Child = {
  name: string;
  pid: number;
  identity: Identity;
  /** Resolves once, when the process is gone; never rejects. */
  exited: Promise<Exit>;
  alive(): boolean;
  signal: (signal: NodeJS.Signals) => void;
  /** Asks with `signal`, and insists with SIGKILL after `budgetMs`. Resolves when the process is gone. */
  end(signal: NodeJS.Signals, budgetMs: number): Promise<Exit>;
  /** The last lines that it wrote, for an error message. */
  lastWords(): string;
};

type Start = {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  user?: { uid: number; gid: number } | undefined;
  /** Everything that it says is appended here. A file and not a pipe: it outlives a killed starter without EPIPE. */
  logFile: string;
  /** Hears of the process as soon as it exists, long before it is ready. */
  onSpawn?: ((identity: Identity) => void) | undefined;
};

const LAST_WORDS_BYTES = 4_096;
const LAST_WORDS_LINES = 12;

const running = new Set<Child>();
// A starter that ends without stopping its parts (an error, `process.exit`) takes them along.
process.on('exit', () => {
  for (const child of running) child.signal('SIGKILL');
});

/**
 * Starts a process in a group of its own: Ctrl-C at the terminal reaches the starter only, which then ends its
 * children in order. Without it PostgreSQL would be gone before the nodes had drained.
 * @throws when the command cannot be started at all (ENOENT, EACCES)
 */
export async function startChild({ name, command, args, env, cwd, user, logFile, onSpawn }: Start): Promise<Child> {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const { size: logStart } = fstatSync(log);
  const options = { detached: true, env: env ?? process.env, cwd: cwd ?? process.cwd(), ...user };
  const spawned = spawn(command, args, { ...options, stdio: ['ignore', log, log] });
  try {
    await once(spawned, 'spawn');
  } finally {
    closeSync(log);
  }
  const pid = spawned.pid as number;
  const { promise: exited, resolve } = Promise.withResolvers<Exit>();
  const child: Child = {
    name,
    pid,
    identity: identityOf(pid) ?? { pid, born: 'gone' },
    exited,
    alive: () => spawned.exitCode === null && spawned.signalCode === null,
    signal(signal) {
      if (child.alive()) spawned.kill(signal);
    },
    async end(signal, budgetMs) {
      child.signal(signal);
      const insist = setTimeout(() => child.signal('SIGKILL'), budgetMs);
      try {
        return await exited;
      } finally {
        clearTimeout(insist);
      }
    },
    lastWords: () => tail(logFile, logStart),
  };
  running.add(child);
  guard(pid);
  onSpawn?.(child.identity);
  spawned.once('exit', (code, signal) => {
    running.delete(child);
    release(pid);
    resolve({ code, signal });
  });
  return child;
}

/**
 * Ends a process that an earlier starter left behind. Does nothing when its pid belongs to somebody else by now.
 * @returns whether there was something to end
 */
export async function endStranger(identity: Identity, signal: NodeJS.Signals, budgetMs: number): Promise<boolean> {
  if (!isAlive(identity)) return false;
  const deadline = Date.now() + budgetMs;
  sendTo(identity, signal);
  while (isAlive(identity)) {
    if (Date.now() > deadline) sendTo(identity, 'SIGKILL');
    await after(20);
  }
  return true;
}

/** Signals a process that may have gone. @throws Trouble when it is another user's */
export function sendTo(identity: Identity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  const { pid } = identity;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return;
    throw new Trouble(
      `Process ${pid} was left behind by an earlier start, and this user may not end it.`,
      [`sudo kill ${pid}`],
      error,
    );
  }
}

export const describeExit = ({ code, signal }: Exit): string =>
  signal === null ? `ended with code ${code}` : `was ended by ${signal}`;

function tail(file: string, from: number): string {
  const fd = openSync(file, 'r');
  try {
    const start = Math.max(from, fstatSync(fd).size - LAST_WORDS_BYTES);
    const buffer = Buffer.alloc(LAST_WORDS_BYTES);
    const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, LAST_WORDS_BYTES, start));
    return text.trimEnd().split('\n').slice(-LAST_WORDS_LINES).join('\n');
  } finally {
    closeSync(fd);
  }
}
