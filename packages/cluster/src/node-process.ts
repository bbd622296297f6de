import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commitHere } from './commit.ts';
import type { Part } from './parts/part.ts';
import { projectRoot } from './project-root.ts';
import { untilReady } from './parts/until-ready.ts';
import { startChild } from './processes/child.ts';
import type { Identity } from './processes/identity.ts';

export type NodeKind = 'socket' | 'api';

/** Where one node stands; the same over all its lives. */
export type NodePlan = { id: string; kind: NodeKind; slot: string; port: number; privatePort: number };

/** What one node is told. */
export type NodeSetting = {
  plan: NodePlan;
  databaseUrl: string;
  redisUrl: string;
  presenceRedisUrl?: string | undefined;
  spacesPath: string;
  filesPath: string;
  /** Where clients reach each space. */
  spaceUrls: Readonly<Record<string, string>>;
  drainMs: number;
  env?: Readonly<Record<string, string>> | undefined;
};

type NodeOptions = NodeSetting & {
  /** The program; a node's own `main` by default. */
  entry?: string | undefined;
  logFile: string;
  onSpawn?: ((identity: Identity) => void) | undefined;
};

const packages: Record<NodeKind, () => string> = {
  api: () => import.meta.resolve('@parley/api-node'),
  socket: () => import.meta.resolve('@parley/socket-node'),
};

const HOST = '127.0.0.1';
const READY_MS = 30_000;
/** Beyond the drain: what is in flight finishes, pools close. */
const AFTER_DRAIN_MS = 2_500;

/**
 * Starts a node and waits until its /readyz says 200.
 * @throws Trouble with the node's last words when it ends before, or takes too long
 */
export async function startNode({ entry, logFile, onSpawn, ...told }: NodeOptions): Promise<Part> {
  const { plan, drainMs } = told;
  const main = entry ?? entryOf(plan.kind);
  const child = await startChild({
    name: `node ${plan.id}`,
    command: process.execPath,
    args: [main],
    env: environmentOfNode(told),
    logFile,
    onSpawn,
  });
  await untilReady(child, READY_MS, () => isReady(plan.privatePort));
  return {
    url: `http://${HOST}:${plan.port}`,
    port: plan.port,
    pid: child.pid,
    identity: child.identity,
    exited: child.exited,
    signal: child.signal,
    async stop(overMs) {
      if (overMs === undefined || !(await startsDrain(plan.privatePort, overMs))) {
        return void (await child.end('SIGTERM', drainMs + AFTER_DRAIN_MS));
      }
      const overdue = setTimeout(() => child.signal('SIGKILL'), overMs + drainMs + AFTER_DRAIN_MS);
      await child.exited;
      clearTimeout(overdue);
    },
  };
}

/** All that a node reads: the environment here, but for what the cluster says itself. */
export function environmentOfNode({ plan, drainMs, env, ...urls }: NodeSetting): NodeJS.ProcessEnv {
  return {
    // Halves the work of a start after the first: types are stripped and sources compiled once. Keyed by content.
    NODE_COMPILE_CACHE: join(projectRoot, 'node_modules/.cache/node-compile'),
    ...process.env,
    // Every life is another node: leases and metrics of the former one must not be taken for its own.
    PARLEY_NODE_ID: `${plan.id}-${randomBytes(3).toString('hex')}`,
    // Read anew for each life: a rolling restart may bring another one.
    PARLEY_COMMIT: commitHere() ?? process.env['PARLEY_COMMIT'],
    PARLEY_SLOT: plan.slot,
    PARLEY_HOST: HOST,
    PARLEY_PORT: String(plan.port),
    PARLEY_PRIVATE_PORT: String(plan.privatePort),
    PARLEY_DRAIN_MS: String(drainMs),
    DATABASE_URL: urls.databaseUrl,
    REDIS_URL: urls.redisUrl,
    PRESENCE_REDIS_URL: urls.presenceRedisUrl ?? '',
    PARLEY_SPACES: urls.spacesPath,
    PARLEY_FILES: urls.filesPath,
    // What was said from outside wins: it knows the name that clients type.
    PARLEY_URLS: process.env['PARLEY_URLS'] || urlsOf(urls.spaceUrls),
    // Read already, by whoever started the cluster: a node takes one of the two.
    DATABASE_URL_FILE: '',
    REDIS_URL_FILE: '',
    PRESENCE_REDIS_URL_FILE: '',
    ...env,
  };
}

const urlsOf = (urls: NodeOptions['spaceUrls']): string =>
  Object.entries(urls)
    .map(([space, url]) => `${space}=${url}`)
    .join();

/** `main` of the node's package, beside what it exports: sources in development, built files in an image. */
function entryOf(kind: NodeKind): string {
  const exported = fileURLToPath(packages[kind]());
  // Node strips no types under `node_modules`, where the link to the package is.
  return join(realpathSync(dirname(exported)), exported.endsWith('.ts') ? 'main.ts' : 'main.js');
}

/** @returns whether it took the order: a node that is frozen or dead takes none */
async function startsDrain(privatePort: number, overMs: number): Promise<boolean> {
  try {
    const url = `http://${HOST}:${privatePort}/drain?overMs=${overMs}`;
    const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(2_000) });
    return response.status === 202;
  } catch {
    return false;
  }
}

async function isReady(privatePort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://${HOST}:${privatePort}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return response.status === 200;
  } catch {
    // Not listening yet.
    return false;
  }
}
