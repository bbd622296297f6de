import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startMs = 20_000;
const stopMs = 10_000;

export type Running = { pid: number; stop: () => Promise<void> };

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// A signal alone ends a process without its `exit`, and the programs of others would go on.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

type Command = { file: string; args: string[]; env?: NodeJS.ProcessEnv; logPath: string };

/** Starts a process and waits until `isReady`. @throws Error that names the log when it ends or takes too long */
export async function startProcess(
  { file, args, env, logPath }: Command,
  isReady: () => Promise<boolean>,
): Promise<Running> {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, 'a');
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', log, log] });
  running.add(child);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve(void running.delete(child)));
    child.once('error', () => resolve(void running.delete(child)));
  });
  const end = performance.now() + startMs;
  while (!(await isReady())) {
    if (!running.has(child)) throw new Error(`${file} ${args.join(' ')} ended at once; see ${logPath}`);
    if (performance.now() > end) throw new Error(`${file} ${args.join(' ')} is not ready; see ${logPath}`);
    await sleep(50);
  }
  return { pid: child.pid!, stop };

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await exited;
    clearTimeout(late);
  }
}

/** Runs a process that ends by itself. @throws Error that names the log when it ends badly */
export async function runToEnd({ file, args, env, logPath }: Command): Promise<void> {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, 'a');
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', log, log] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}; see ${logPath}`);
}

export function listensOn(port: number): () => Promise<boolean> {
  return () =>
    new Promise((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port });
      socket.once('connect', () => resolve((socket.destroy(), true)));
      socket.once('error', () => resolve(false));
    });
}

export function answers200(url: string): () => Promise<boolean> {
  return () =>
    fetch(url).then(
      (answer) => answer.status === 200,
      () => false,
    );
}
