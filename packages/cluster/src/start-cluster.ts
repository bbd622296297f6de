import { mkdirSync, renameSync, rmSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mintToken } from '@parley/node-kit';
import type { Cluster, ClusterOptions } from './cluster.ts';
import { requireConfiguration } from './configuration.ts';
import { assemble, type Crew } from './crew.ts';
import { forgetTargets, writeTargets } from './observe/targets.ts';
import { openDatabase } from './database.ts';
import { serveOrders } from './control.ts';
import { postgresHealth, redisHealth, requireServer } from './health.ts';
import { lock } from './lock.ts';
import { migrateStore } from './migrate.ts';
import { createOperations, type Operations } from './operations.ts';
import { openBalancer } from './parts/haproxy-admin.ts';
import { identityOf } from './processes/identity.ts';
import { silent } from './progress.ts';
import { readSetting, type Setting } from './setting.ts';
import { endLeftovers, forgetState, writeState } from './state.ts';
import { Trouble } from './trouble.ts';

/**
 * Starts a whole cluster: PostgreSQL, Redis, the schema, HAProxy, nodes; resolves when every node is ready and has its
 * slot. When a step fails, what was started before is ended again, and the next start finds nothing in its way.
 * @throws Trouble with what to do about it
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const dir = resolve(options.dir);
  const { progress = silent } = options;
  requireConfiguration(options);
  const unlock = lock(dir);
  let crew: Crew | undefined;
  let closeOrders = (): void => undefined;
  const end = async (): Promise<void> => {
    closeOrders();
    await crew?.stop();
    forgetState(dir);
    forgetTargets(dir);
    unlock();
  };
  try {
    await endLeftovers(dir, progress);
    keepFormerLogs(dir);
    const setting = await readSetting(options);
    const startedAt = new Date().toISOString();
    const remember = (): void => {
      try {
        const processes = crew?.running() ?? [];
        writeState(dir, { ...facts(setting, startedAt), processes });
        writeTargets(dir, setting.statsUrl, processes);
      } catch (error) {
        // A full disk: the cluster itself goes on, and what reads the files sees the state before.
        progress(`the state in ${dir} could not be written: ${String(error)}`);
      }
    };
    crew = assemble(setting, options, remember);
    await start(crew, setting, options);
    const obey = createOperations(crew.nodes, crew.haproxy, openBalancer(setting.adminSocket));
    closeOrders = await serveOrders(setting.controlSocket, obey, progress);
    return describe(crew, setting, obey, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function start(crew: Crew, setting: Setting, options: ClusterOptions): Promise<void> {
  const { progress = silent, migrate = migrateStore, signal } = options;
  const step = async (line: string, job: () => Promise<unknown>): Promise<void> => {
    signal?.throwIfAborted();
    progress(line);
    await (signal ? Promise.race([job(), abortOf(signal)]) : job());
  };
  await step('starting PostgreSQL and Redis', () =>
    Promise.all([startDatabase(crew, setting), startBroker(crew, setting)]),
  );
  await step('bringing the schema up to date', () => migrate(setting.databaseUrl));
  await step('starting HAProxy', () => crew.haproxy.start());
  await step(`starting ${crew.nodes.members().length} nodes`, () => crew.nodes.start());
}

/** Rejects when the signal comes, also in the middle of a step: what the step began is ended with everything else. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

async function startDatabase({ postgres }: Crew, { databaseUrl }: Setting): Promise<void> {
  if (postgres) await openDatabase((await postgres.start()).url);
  else await requireServer('DATABASE_URL', databaseUrl, postgresHealth);
}

async function startBroker({ redis }: Crew, { redisUrl, presenceRedisUrl }: Setting): Promise<void> {
  if (redis) await redis.start();
  else await requireServer('REDIS_URL', redisUrl, redisHealth);
  if (presenceRedisUrl !== undefined) await requireServer('PRESENCE_REDIS_URL', presenceRedisUrl, redisHealth);
}

/** The logs of the start before this one stay, for those who ask why it ended. */
function keepFormerLogs(dir: string): void {
  const logs = join(dir, 'logs');
  rmSync(`${logs}.before`, { recursive: true, force: true });
  if (existsSync(logs)) renameSync(logs, `${logs}.before`);
  mkdirSync(logs, { recursive: true });
}

function facts(
  { urls, statsUrl, adminSocket, controlSocket, databaseUrl, redisUrl, presenceRedisUrl, spacesPath }: Setting,
  startedAt: string,
) {
  const starter = identityOf(process.pid) ?? { pid: process.pid, born: '' };
  const servers = { databaseUrl, redisUrl, presenceRedisUrl };
  return { starter, startedAt, urls, statsUrl, adminSocket, controlSocket, ...servers, spacesPath };
}

function describe(crew: Crew, setting: Setting, obey: Operations, end: () => Promise<void>): Cluster {
  const { urls, statsUrl, databaseUrl, redisUrl, spacesPath, dir, spaces, adminSocket } = setting;
  let ending: Promise<void> | undefined;
  const find = (id: string) => {
    const keeper = crew.find(id);
    if (!keeper) throw new Trouble(`There is no ${id} in this cluster.`);
    return keeper;
  };
  return {
    url: urls['main'] ?? Object.values(urls)[0] ?? '',
    urls,
    statsUrl,
    databaseUrl,
    redisUrl,
    spacesPath,
    dir,
    admin: openBalancer(adminSocket),
    obey,
    nodes: () =>
      crew.nodes.members().map(({ keeper, ...plan }) => {
        return { ...plan, url: `http://127.0.0.1:${plan.port}`, pid: keeper.part()?.pid };
      }),
    token(space, userId, role = 'user') {
      const found = spaces.get(space);
      if (!found) throw new Trouble(`There is no space ${space}.`, [`Spaces: ${[...spaces.keys()].join(', ')}`]);
      return mintToken(found, { userId, role });
    },
    kill: (id, signal = 'SIGKILL') => find(id).kill(signal),
    restart: async (id) => void (await find(id).restart()),
    pid: (id) => find(id).part()?.pid,
    stop: () => (ending ??= end()),
  };
}
