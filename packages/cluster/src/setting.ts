import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadSpaces, type Spaces } from '@parley/node-kit';
import type { ClusterOptions } from './cluster.ts';
import { DATABASE } from './database.ts';
import type { NodeKind, NodePlan } from './node-process.ts';
import { freePort } from './ports.ts';
import { type PortsPlan, planPorts } from './ports-plan.ts';
import { projectRoot } from './project-root.ts';
import { Trouble } from './trouble.ts';

export const defaultSpacesPath = join(projectRoot, 'infra/spaces.json');

/** Everything about one cluster that is known before its first process starts, and stays. */
export type Setting = {
  dir: string;
  spacesPath: string;
  spaces: Spaces;
  ports: PortsPlan;
  plans: readonly NodePlan[];
  databaseUrl: string;
  redisUrl: string;
  presenceRedisUrl: string | undefined;
  adminSocket: string;
  /** Where this cluster takes orders. */
  controlSocket: string;
  /** By space, as a client types it. */
  urls: Record<string, string>;
  statsUrl: string;
  listen: string;
};

/** Slots have two characters, and `haproxy.cfg` has these. A node is named after its slot. */
export const slotsOf: Readonly<Record<NodeKind, readonly string[]>> = {
  api: nine('a'),
  socket: ['s', 't'].flatMap((letter) => nine(letter)),
};

/** A path of a Unix socket has at most 107 characters (103 on macOS), and HAProxy appends some while it starts. */
const SOCKET_PATH_CHARS_MAX = 80;

/** @throws Trouble for impossible numbers and taken ports; Misconfiguration for a wrong spaces file */
export async function readSetting(options: ClusterOptions): Promise<Setting> {
  const { apiNodes = 2, socketNodes = 3, ports: choice = 'free' } = options;
  const dir = resolve(options.dir);
  const spacesPath = resolve(options.spacesPath ?? defaultSpacesPath);
  const spaces = loadSpaces(spacesPath, process.env);
  const plans = [...(await planNodes('api', apiNodes)), ...(await planNodes('socket', socketNodes))];
  const ports = await planPorts(spaces, choice);
  const listen = process.env['PARLEY_LISTEN'] ?? '127.0.0.1';
  const scheme = process.env['PARLEY_TLS_CERT'] ? 'https' : 'http';
  // What listens everywhere is reached here by loopback.
  const host = listen === '0.0.0.0' ? '127.0.0.1' : listen;
  return {
    dir,
    spacesPath,
    spaces,
    ports,
    plans,
    databaseUrl: options.databaseUrl ?? `postgres://postgres@127.0.0.1:${ports.postgres}/${DATABASE}`,
    redisUrl: options.redisUrl ?? `redis://127.0.0.1:${ports.redis}`,
    presenceRedisUrl: options.presenceRedisUrl,
    adminSocket: socketPath(dir, 'haproxy'),
    controlSocket: socketPath(dir, 'control'),
    urls: Object.fromEntries([...ports.spaces].map(([name, port]) => [name, `${scheme}://${host}:${port}`])),
    statsUrl: `http://127.0.0.1:${ports.stats}`,
    listen,
  };
}

async function planNodes(kind: NodeKind, count: number): Promise<NodePlan[]> {
  requireSlots(kind, count);
  const plans: NodePlan[] = [];
  for (const slot of slotsOf[kind].slice(0, count)) plans.push(await planNode(kind, slot));
  return plans;
}

/** @throws Trouble for a number of nodes that cannot be */
export function requireSlots(kind: NodeKind, count: number): void {
  const { length } = slotsOf[kind];
  if (Number.isInteger(count) && count >= 1 && count <= length) return;
  throw new Trouble(`A cluster has 1 to ${length} ${kind} nodes, and not ${count}.`);
}

/** A node in this slot, on ports of its own. */
export async function planNode(kind: NodeKind, slot: string): Promise<NodePlan> {
  return { id: slot, kind, slot, port: await freePort(), privatePort: await freePort() };
}

function socketPath(dir: string, name: string): string {
  const path = join(dir, `${name}.sock`);
  if (path.length <= SOCKET_PATH_CHARS_MAX) return path;
  return join(tmpdir(), `parley-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}-${name}.sock`);
}

function nine(letter: string): string[] {
  return Array.from({ length: 9 }, (_, index) => `${letter}${index + 1}`);
}
