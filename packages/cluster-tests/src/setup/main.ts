import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '@parley/cluster';
import { composedCluster, type Hurtable } from './composed.ts';
import { type NodeEnvs, serveCluster } from './control.ts';

// The process that the shared cluster belongs to. It says where everything is in one line of JSON, and ends the cluster
// when its input ends: also when whoever started it was killed. With PARLEY_URL it is the cluster that compose runs, which
// stays.
const ending = new Promise<void>((resolve) => process.stdin.resume().once('close', resolve).once('end', resolve));

const dir = mkdtempSync(join(tmpdir(), 'parley-cluster-'));
// As root, PostgreSQL runs as another user, who must be able to enter.
chmodSync(dir, 0o755);
const { PARLEY_URL: url, PARLEY_RUN: run = '', COMPOSE_PROJECT_NAME: project = 'parley' } = process.env;
try {
  if (url) await serve(await composedCluster(url, { project, run }));
  else await serveOwn();
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function serveOwn(): Promise<void> {
  const nodeEnvs: NodeEnvs = new Map();
  const cluster = await startCluster({
    dir,
    socketNodes: 3,
    apiNodes: 2,
    ports: 'free',
    durable: false,
    drainMs: 2_000,
    nodeEnv: ({ id }) => nodeEnvs.get(id) ?? {},
  });
  try {
    await serve(cluster, nodeEnvs);
  } finally {
    await cluster.stop();
  }
}

async function serve(cluster: Hurtable, nodeEnvs?: NodeEnvs): Promise<void> {
  const { facts, close } = await serveCluster(cluster, { dir, ...(nodeEnvs && { nodeEnvs }) });
  process.stdout.write(`${JSON.stringify(facts)}\n`);
  await ending;
  close();
}
