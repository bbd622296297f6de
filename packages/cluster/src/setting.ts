import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadSpaces, type Spaces } from '@parley/node-kit';
import type { ClusterOptions } from './cluster.ts';
import { DATABASE } from './database.ts';
import type { NodePlan } from './node-process.ts';
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
  adminSocket: string;
  /** By space, as a client types it. */
  urls: Record<string, string>;
  statsUrl: string;
  listen: string;
};

/** Slots have two characters, and `haproxy.cfg` has these. */
const socketSlots = ['s', 't'].flatMap((letter) => nine(letter));
const apiSlots = nine('a');

/** A path of a Unix socket has at most 107 characters (103 on macOS), and HAProxy appends some while it starts. */
const SOCKET_PATH_CHARS_MAX = 80;

/** @throws Trouble for impossible numbers and taken ports; Misconfiguration for a wrong spaces file */
export async function readSetting(options: ClusterOptions): Promise<Setting> {
  const { apiNodes = 2, socketNodes = 3, ports: choice = 'free' } = options;
  const dir = resolve(options.dir);
  const spacesPath = resolve(options.spacesPath ?? defaultSpacesPath);
  const spaces = loadSpaces(spacesPath, process.env);
  const plans = [
    ...(await planNodes('api', apiNodes, apiSlots)),
    ...(await planNodes('socket', socketNodes, socketSlots)),
  ];
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
    adminSocket: socketPath(dir),
    urls: Object.fromEntries([...ports.spaces].map(([name, port]) => [name, `${scheme}://${host}:${port}`])),
    statsUrl: `http://127.0.0.1:${ports.stats}`,
    listen,
  };
}

async function planNodes(kind: NodePlan['kind'], count: number, slots: readonly string[]): Promise<NodePlan[]> {
  if (!Number.isInteger(count) || count < 1 || count > slots.length) {
    throw new Trouble(`A cluster has 1 to ${slots.length} ${kind} nodes, and not ${count}.`);
  }
  const plans: NodePlan[] = [];
  for (const slot of slots.slice(0, count)) {
    plans.push({ id: slot, kind, slot, port: await freePort(), privatePort: await freePort() });
  }
  return plans;
}

function socketPath(dir: string): string {
  const path = join(dir, 'haproxy.sock');
  if (path.length <= SOCKET_PATH_CHARS_MAX) return path;
  return join(tmpdir(), `parley-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}.sock`);
}

function nine(letter: string): string[] {
  return Array.from({ length: 9 }, (_, index) => `${letter}${index + 1}`);
}
