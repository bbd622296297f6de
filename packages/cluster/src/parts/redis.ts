import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import { freePort } from '../ports.ts';
import { startChild } from '../processes/child.ts';
import type { Identity } from '../processes/identity.ts';
import { type Progress, silent } from '../progress.ts';
import { Trouble } from '../trouble.ts';
import { start } from '../typed.ts';
import { findOrInstall, type Program } from './install.ts';
import type { Part } from './part.ts';
import { untilReady } from './until-ready.ts';

export type RedisOptions = {
  port?: number;
  /** Working folder; nothing is written there, as all that Redis holds can be rebuilt. */
  dir: string;
  logFile: string;
  /** More settings of redis.conf. */
  settings?: Readonly<Record<string, string>>;
  progress?: Progress;
  onSpawn?: ((identity: Identity) => void) | undefined;
};

const program: Program = {
  title: 'Redis',
  names: ['redis-server', 'valkey-server'],
  packages: { 'apt-get': 'redis-server', dnf: 'redis', apk: 'redis', brew: 'redis' },
  instead: [`Or use a server that runs elsewhere: REDIS_URL=redis://… ${start()}`],
};

/** Sharded pub/sub (SSUBSCRIBE) came with Redis 7; every Valkey has it. */
const MAJOR_MIN = 7;
const READY_MS = 10_000;
const STOP_MS = 1_000;

/**
 * Starts a Redis (or Valkey) on loopback that writes nothing to disk.
 * @throws Trouble with the command to type when there is none, or when it is too old
 */
export async function startRedis(options: RedisOptions): Promise<Part> {
  const { dir, logFile, progress = silent } = options;
  const command = await findOrInstall(program, progress);
  requireVersion(command);
  mkdirSync(dir, { recursive: true });
  const port = options.port ?? (await freePort());
  const url = `redis://127.0.0.1:${port}`;
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    daemonize: 'no',
    'maxmemory-policy': 'noeviction',
    dir,
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = await startChild({ name: 'Redis', command, args, logFile, onSpawn: options.onSpawn });
  await untilReady(child, READY_MS, () => answers(url));
  return {
    url,
    port,
    pid: child.pid,
    identity: child.identity,
    exited: child.exited,
    signal: child.signal,
    stop: async () => void (await child.end('SIGTERM', STOP_MS)),
  };
}

function requireVersion(command: string): void {
  const said = spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout;
  const major = Number(/v=(\d+)\./.exec(said)?.[1]);
  if (major >= MAJOR_MIN) return;
  throw new Trouble(`${command} is too old (${said.trim()}): Parley needs Redis ${MAJOR_MIN} or newer.`, [
    `Install Redis ${MAJOR_MIN} or newer, or Valkey.`,
    ...program.instead,
  ]);
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, enableOfflineQueue: false });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
