import { setTimeout as after } from 'node:timers/promises';
import { type BalancerStatus, type ClusterStatus, clusterStatus, type ServerStatus } from '../status/cluster-status.ts';
import type { NodeStatus } from '../status/node-status.ts';
import { parley } from '../typed.ts';
import { paint, print, table } from './terminal.ts';
import { notRunning, whichCluster } from './which-cluster.ts';

export type StatusOptions = { dir: string; json?: boolean; watch?: boolean };

const WATCH_MS = 1_000;
const CLEAR_SCREEN = '\u001b[H\u001b[2J';

/** Prints how the cluster is, with `watch` for as long as somebody reads it. @returns whether it is well */
export async function status(
  { dir, json = false, watch = false }: StatusOptions,
  unread: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const found = await look(dir);
    if (watch && process.stdout.isTTY) process.stdout.write(CLEAR_SCREEN);
    print(json ? JSON.stringify(found, undefined, watch ? 0 : 2) : describe(found));
    if (watch) await after(WATCH_MS);
    if (!watch || unread.aborted) return found.healthy;
  }
}

async function look(dir: string): Promise<ClusterStatus> {
  const which = whichCluster(dir);
  const { databaseUrl, redisUrl, presenceRedisUrl, adminSocket, state } = which;
  if (databaseUrl === undefined && redisUrl === undefined && adminSocket === undefined) {
    throw notRunning(
      which,
      `or name another one: PARLEY_ADMIN_SOCKET=… DATABASE_URL=… REDIS_URL=… ${parley('status')}`,
    );
  }
  const { startedAt, processes } = state ?? {};
  return await clusterStatus({ databaseUrl, redisUrl, presenceRedisUrl, adminSocket, startedAt, processes });
}

function describe(status: ClusterStatus): string {
  const since =
    status.startedAt === undefined ? '' : `, up ${duration((Date.now() - Date.parse(status.startedAt)) / 1000)}`;
  const head = status.healthy ? paint('green', 'All is well') : paint('red', 'Something is wrong');
  const rooms = status.rooms === undefined ? '' : `, ${status.rooms} rooms`;
  const servers = [
    row('HAProxy', status.haproxy, balancerWords),
    row('PostgreSQL', status.database, serverWords),
    row('Redis', status.redis, serverWords),
    row('Redis of presence', status.presenceRedis, serverWords),
  ];
  return [
    `${head}${since}: ${status.connections} connections${rooms}`,
    ...status.problems.map((problem) => `  ${paint('red', problem)}`),
    ...status.nodes
      .filter(isDraining)
      .map(({ slot }) => `  ${paint('yellow', `${slot} is draining, as it was told to`)}`),
    '',
    table(
      [
        'node',
        'kind',
        'state',
        'HAProxy',
        'connections',
        'rooms',
        'lease age',
        'up',
        'memory',
        'busy',
        'address',
        'private',
      ],
      status.nodes.map(nodeRow),
    ),
    '',
    table(['server', 'state', ''], servers.flat()),
  ].join('\n');
}

const isDraining = ({ readiness }: NodeStatus): boolean => readiness === 'draining';

function nodeRow(node: NodeStatus): string[] {
  return [
    node.slot,
    node.kind,
    paint(node.readiness === 'ready' ? 'green' : node.readiness === 'draining' ? 'yellow' : 'red', node.readiness),
    node.balancer,
    known(node.connections, String),
    known(node.rooms, String),
    known(node.leaseAgeMs, (ms) => `${(ms / 1000).toFixed(1)} s`),
    known(node.uptimeS, duration),
    known(node.memoryBytes, (bytes) => `${Math.round(bytes / 1024 / 1024)} MB`),
    known(node.busy, (share) => `${Math.round(share * 100)} %`),
    node.address,
    node.privateAddress,
  ];
}

/** No row for a server that nobody named. */
function row<S extends { up: boolean }>(title: string, found: S | undefined, words: (found: S) => string): string[][] {
  if (!found) return [];
  return [[title, found.up ? paint('green', 'up') : paint('red', 'down'), words(found)]];
}

const serverWords = (server: ServerStatus): string =>
  server.up ? `${server.version}, answers in ${server.latencyMs} ms, ${server.url}` : `${server.reason}, ${server.url}`;

const balancerWords = (found: BalancerStatus): string =>
  found.up
    ? `${found.version}, ${found.nodes} nodes up, ${found.connections} of ${found.connectionsMax} connections, up ${duration(found.uptimeS)}`
    : found.reason;

const known = <T>(value: T | undefined, words: (value: T) => string): string =>
  value === undefined ? '–' : words(value);

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
