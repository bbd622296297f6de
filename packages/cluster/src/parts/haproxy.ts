import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { startChild } from '../processes/child.ts';
import type { Identity } from '../processes/identity.ts';
import { type Progress, silent } from '../progress.ts';
import { Trouble } from '../trouble.ts';
import { type Balancer, openBalancer } from './haproxy-admin.ts';
import { findOrInstall, type Program } from './install.ts';
import type { Part } from './part.ts';
import { untilReady } from './until-ready.ts';

export type HaproxyOptions = {
  /** The `haproxy.cfg` of the project. */
  config: string;
  /** The folder that relative paths in the configuration start from. */
  cwd: string;
  /** Where it listens: `host:port`, several with commas between. */
  bind: string;
  statsPort: number;
  spacesMap: string;
  /** A path of at most 90 characters, or the system refuses the socket. */
  adminSocket: string;
  /** What else the configuration reads, such as PARLEY_TLS_CERT. */
  env?: NodeJS.ProcessEnv;
  logFile: string;
  progress?: Progress;
  /** Whose listeners and slots it takes over: nobody is refused meanwhile, and who is connected stays there until the end. */
  former?: Haproxy | undefined;
  onSpawn?: ((identity: Identity) => void) | undefined;
};

export type Haproxy = Part & { admin: Balancer };

const program: Program = {
  title: 'HAProxy',
  names: ['haproxy'],
  packages: { 'apt-get': 'haproxy', dnf: 'haproxy', apk: 'haproxy', brew: 'haproxy' },
  instead: ['Or start everything in containers: docker compose up --build'],
};

/** `.if defined(…)` needs 2.4, `fd-hard-limit` and `host_only` need 2.6. */
const VERSION_MIN = [2, 6] as const;
const READY_MS = 5_000;
const STOP_MS = 1_000;

/**
 * Starts HAProxy with the project's own configuration; all slots are empty, or as its former had them. `url` is its
 * page of statistics.
 * @throws Trouble with the command to type when there is none, and with HAProxy's own words when it refuses to start
 */
export async function startHaproxy(options: HaproxyOptions): Promise<Haproxy> {
  const { config, cwd, bind, statsPort, spacesMap, adminSocket, logFile, former, progress = silent } = options;
  const command = await findOrInstall(program, progress);
  requireVersion(command);
  const stateFile = `${adminSocket}.servers`;
  if (former) writeFileSync(stateFile, await former.admin.ask('show servers state'));
  const env = {
    ...process.env,
    ...options.env,
    PARLEY_BIND: bind,
    PARLEY_STATS_BIND: `127.0.0.1:${statsPort}`,
    PARLEY_SPACES_MAP: spacesMap,
    PARLEY_ADMIN_SOCKET: adminSocket,
    PARLEY_SERVER_STATE: former && stateFile,
  };
  const child = await startChild({
    name: 'HAProxy',
    command,
    args: ['-db', '-f', config, ...(former ? ['-x', adminSocket, '-sf', String(former.pid)] : [])],
    env,
    cwd,
    logFile,
    onSpawn: options.onSpawn,
  });
  const admin = openBalancer(adminSocket);
  try {
    await untilReady(child, READY_MS, () => admin.answersAs(child.pid));
  } finally {
    rmSync(stateFile, { force: true });
  }
  return {
    url: `http://127.0.0.1:${statsPort}`,
    port: statsPort,
    pid: child.pid,
    identity: child.identity,
    exited: child.exited,
    signal: child.signal,
    admin,
    async stop() {
      await child.end('SIGTERM', STOP_MS);
      rmSync(adminSocket, { force: true });
    },
  };
}

function requireVersion(command: string): void {
  const said = spawnSync(command, ['-v'], { encoding: 'utf8' }).stdout;
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(said) ?? [];
  const [majorMin, minorMin] = VERSION_MIN;
  if (Number(major) > majorMin || (Number(major) === majorMin && Number(minor) >= minorMin)) return;
  throw new Trouble(
    `${command} is too old (${major}.${minor}): Parley needs HAProxy ${majorMin}.${minorMin} or newer.`,
    ['Install a newer one (https://haproxy.debian.net has it for Debian and Ubuntu).', ...program.instead],
  );
}
