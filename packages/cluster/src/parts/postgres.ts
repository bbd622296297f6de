import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../ports.ts';
import { endStranger, startChild } from '../processes/child.ts';
import { commandLineOf, type Identity, identityOf } from '../processes/identity.ts';
import { type Progress, silent } from '../progress.ts';
import { Trouble } from '../trouble.ts';
import { start } from '../typed.ts';
import type { Part } from './part.ts';
import { type PostgresPlace, placePostgres } from './postgres-binaries.ts';
import { untilReady } from './until-ready.ts';

export type PostgresOptions = {
  /** Kept between starts; made by `initdb` when it is empty. */
  dataDir: string;
  port?: number;
  logFile: string;
  /** `false` leaves out fsync: for tests, whose data may be lost with the machine (but not with the process). */
  durable?: boolean;
  /** More settings of postgresql.conf. */
  settings?: Readonly<Record<string, string>>;
  progress?: Progress;
  onSpawn?: ((identity: Identity) => void) | undefined;
};

/** `dataDir` is where the data really is: elsewhere than wanted when root's folder lets nobody else in. */
export type Postgres = Part & { dataDir: string };

const MAJOR = '18';
const FREE_BYTES_MIN = 300 * 1024 * 1024;
/** Longest wait until it answers: recovery after a crash replays up to `max_wal_size`. */
const READY_MS = 60_000;
const STOP_MS = 3_000;

/**
 * Starts the embedded PostgreSQL 18 on loopback, as another user when we are root. `url` names the database
 * `postgres`; whoever may connect to this port is trusted, as this is a server for development and tests.
 * @throws Trouble for a data folder of another version, a full disk, or a server that does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { logFile, durable = true, settings = {}, progress = silent } = options;
  const place = await placePostgres(options.dataDir, progress);
  await endLeftover(place.dataDir, progress);
  await prepareData(place, durable, progress);
  const port = options.port ?? (await freePort());
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const all = { ...settingsFor(durable), ...settings, port: String(port) };
  const child = await startChild({
    name: 'PostgreSQL',
    command: join(place.binaries, 'postgres'),
    args: ['-D', place.dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    cwd: place.dataDir,
    user: place.user,
    logFile,
    onSpawn: options.onSpawn,
  });
  await untilReady(child, READY_MS, () => answers(url));
  return {
    url,
    port,
    dataDir: place.dataDir,
    pid: child.pid,
    identity: child.identity,
    exited: child.exited,
    signal: child.signal,
    // SIGINT is PostgreSQL's fast shutdown: it ends sessions and leaves clean files, so the next start needs no recovery.
    stop: async () => void (await child.end('SIGINT', STOP_MS)),
  };
}

const settingsFor = (durable: boolean): Record<string, string> => ({
  listen_addresses: '127.0.0.1',
  // No socket file: the default folder (/tmp) is shared with other servers of this machine.
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  ...(!durable && { fsync: 'off', full_page_writes: 'off' }),
});

async function prepareData(
  { dataDir, binaries, user }: PostgresPlace,
  durable: boolean,
  progress: Progress,
): Promise<void> {
  const versionFile = join(dataDir, 'PG_VERSION');
  if (existsSync(versionFile)) return requireVersion(dataDir, readFileSync(versionFile, 'utf8').trim());
  const { bavail, bsize } = statfsSync(dataDir);
  if (bavail * bsize < FREE_BYTES_MIN) {
    throw new Trouble(`The disk of ${dataDir} has less than ${FREE_BYTES_MIN / 1024 / 1024} MB left.`, [
      `Free some space, or choose another place: ${start('--dir', '<folder>')}`,
    ]);
  }
  if (readdirSync(dataDir).length > 0) {
    throw new Trouble(`${dataDir} is not empty, and holds no PostgreSQL data (a first start that was cut off?).`, [
      `rm -r ${dataDir}`,
    ]);
  }
  progress('preparing the database (once, a few seconds)');
  // The builtin locale sorts and folds alike on every machine, whatever locales are installed.
  const flags = [
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  await run(join(binaries, 'initdb'), [`--pgdata=${dataDir}`, ...flags, ...(durable ? [] : ['--no-sync'])], {
    ...user,
    cwd: '/',
  });
}

function requireVersion(dataDir: string, version: string): void {
  if (version === MAJOR) return;
  throw new Trouble(`${dataDir} was written by PostgreSQL ${version}; this one is ${MAJOR} and cannot read it.`, [
    `Keep it for later and start empty: mv ${dataDir} ${dataDir}-${version}`,
    `Or use a server of version ${version}: DATABASE_URL=postgres://… ${start()}`,
  ]);
}

/** A starter that was killed leaves its server behind, and two servers on one folder would be refused. */
async function endLeftover(dataDir: string, progress: Progress): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const identity = identityOf(pid);
  if (!identity || !commandLineOf(pid).includes(dataDir)) return;
  progress(`ending a PostgreSQL that an earlier start left behind (pid ${pid})`);
  await endStranger(identity, 'SIGINT', STOP_MS);
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    // Refused (not listening yet) or 57P03 (still recovering): both mean "not yet".
    return false;
  }
}

async function run(
  command: string,
  args: string[],
  options: { cwd: string; uid?: number; gid?: number },
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Trouble(`${command} ended with code ${code}. It said:\n${said.trim()}`);
}
