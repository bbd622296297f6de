import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterOptions } from './cluster.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { type Keeper, type KeeperOptions, keep } from './keeper.ts';
import { type NodePlan, startNode } from './node-process.ts';
import { type Haproxy, startHaproxy } from './parts/haproxy.ts';
import type { Part } from './parts/part.ts';
import { startPostgres } from './parts/postgres.ts';
import { startRedis } from './parts/redis.ts';
import { silent } from './progress.ts';
import { projectRoot } from './project-root.ts';
import type { Setting } from './setting.ts';
import { createSlots, type Slots } from './slots.ts';
import { writeSpacesMap } from './spaces-map.ts';
import type { ProcessKind, RunningProcess } from './state.ts';

type Member = { id: string; kind: ProcessKind; port: number; privatePort?: number; keeper: Keeper };

/** The processes of one cluster. Servers that run elsewhere are not among them. */
export type Crew = {
  postgres: Keeper | undefined;
  redis: Keeper | undefined;
  haproxy: Keeper;
  nodes: Fleet;
  /** By node id or server name. */
  find: (id: string) => Keeper | undefined;
  /** What has a process now, for the state file. */
  running: () => RunningProcess[];
  /** Who uses a part ends before it. */
  stop: () => Promise<void>;
};

type Context = { setting: Setting; options: ClusterOptions; slots: Slots; changed: () => void };

/** Who presses Ctrl-C waits for it. */
export const DRAIN_MS = 2_000;

/** Puts the crew together; nothing is started yet. `changed` is called whenever a process appears or goes. */
export function assemble(setting: Setting, options: ClusterOptions, changed: () => void): Crew {
  const context: Context = { setting, options, slots: createSlots(), changed };
  const { ports, plans } = setting;
  const postgres = options.databaseUrl ? undefined : keepPostgres(context);
  const redis = options.redisUrl ? undefined : keepRedis(context);
  const haproxy = keepHaproxy(context);
  const nodes = createFleet(plans, (plan) => keepNode(context, plan), context.slots);
  const servers: Member[] = [
    { id: 'haproxy', kind: 'haproxy', port: ports.stats, keeper: haproxy },
    ...(redis ? [{ id: 'redis', kind: 'redis' as const, port: ports.redis, keeper: redis }] : []),
    ...(postgres ? [{ id: 'postgres', kind: 'postgres' as const, port: ports.postgres, keeper: postgres }] : []),
  ];
  const members = (): Member[] => [...nodes.members(), ...servers];
  return {
    postgres,
    redis,
    haproxy,
    nodes,
    find: (id) => members().find((member) => member.id === id)?.keeper,
    running: () => members().flatMap(describe),
    async stop() {
      await nodes.stop();
      await haproxy.stop();
      await redis?.stop();
      await postgres?.stop();
    },
  };
}

function describe({ id, kind, port, privatePort, keeper }: Member): RunningProcess[] {
  const identity = keeper.identity();
  return identity ? [{ name: id, kind, identity, port, ...(privatePort !== undefined && { privatePort }) }] : [];
}

function keepPostgres(context: Context): Keeper {
  const { dir, ports } = context.setting;
  const { durable = true, progress = silent } = context.options;
  const fixed = { dataDir: join(dir, 'postgres'), port: ports.postgres, logFile: logFile(dir, 'postgres') };
  return keepAs(context, 'PostgreSQL', (onSpawn) => startPostgres({ ...fixed, durable, progress, onSpawn }));
}

function keepRedis(context: Context): Keeper {
  const { dir, ports } = context.setting;
  const { progress = silent } = context.options;
  const fixed = { dir: join(dir, 'redis'), port: ports.redis, logFile: logFile(dir, 'redis') };
  return keepAs(context, 'Redis', (onSpawn) => startRedis({ ...fixed, progress, onSpawn }));
}

function keepHaproxy(context: Context): Keeper {
  const { dir, ports, spaces, listen, adminSocket } = context.setting;
  const { progress = silent } = context.options;
  const spacesMap = join(dir, 'spaces.map');
  /** Besides the one of now those that it took over from, while somebody is still connected there. */
  const living = new Set<Haproxy>();
  const keeper = keepAs<Haproxy>(context, 'HAProxy', async (onSpawn, former) => {
    mkdirSync(dir, { recursive: true });
    writeSpacesMap(
      spacesMap,
      [...spaces].map(([name, { hosts }]) => ({ name, hosts, ports: [ports.spaces.get(name) ?? []].flat() })),
    );
    const haproxy = await startHaproxy({
      config: join(projectRoot, 'haproxy.cfg'),
      cwd: projectRoot,
      bind: [...ports.spaces.values()].map((port) => `${listen}:${port}`).join(),
      statsPort: ports.stats,
      spacesMap,
      adminSocket,
      logFile: logFile(dir, 'haproxy'),
      progress,
      former,
      onSpawn,
    });
    living.add(haproxy);
    void haproxy.exited.then(() => {
      living.delete(haproxy);
      context.slots.closed(haproxy.admin);
    });
    await context.slots.opened(haproxy.admin);
    return haproxy;
  });
  return {
    ...keeper,
    async stop() {
      await keeper.stop();
      await Promise.all([...living].map((former) => former.stop()));
    },
  };
}

function keepNode(context: Context, plan: NodePlan): Keeper {
  const { dir, databaseUrl, redisUrl, presenceRedisUrl, spacesPath, urls: spaceUrls } = context.setting;
  const { entries, nodeEnv, drainMs = DRAIN_MS } = context.options;
  return keepAs(context, `node ${plan.id}`, async (onSpawn) => {
    const node = await startNode({
      plan,
      entry: entries?.[plan.kind],
      databaseUrl,
      redisUrl,
      presenceRedisUrl,
      spacesPath,
      filesPath: process.env['PARLEY_FILES'] || join(dir, 'files'),
      spaceUrls,
      drainMs,
      env: nodeEnv?.({ ...plan, databaseUrl, redisUrl }),
      logFile: logFile(dir, plan.id),
      onSpawn,
    });
    await context.slots.joined(plan);
    return node;
  });
}

function keepAs<P extends Part>(context: Context, name: string, start: KeeperOptions<P>['start']): Keeper<P> {
  const { keepAlive: restartWhenGone = false, progress: say = silent } = context.options;
  return keep({ name, start, restartWhenGone, say, changed: context.changed });
}

const logFile = (dir: string, name: string): string => join(dir, 'logs', `${name}.log`);
