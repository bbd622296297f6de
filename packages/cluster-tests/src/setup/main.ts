import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '@parley/cluster';
import { type NodeEnvs, serveCluster } from './control.ts';

// The process that the shared cluster belongs to. It says where everything is in one line of JSON, and ends the cluster
// when its input ends: also when whoever started it was killed.
const ending = new Promise<void>((resolve) => process.stdin.resume().once('close', resolve).once('end', resolve));

const dir = mkdtempSync(join(tmpdir(), 'parley-cluster-'));
// As root, PostgreSQL runs as another user, who must be able to enter.
chmodSync(dir, 0o755);
const nodeEnvs: NodeEnvs = new Map();
try {
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
    const { facts, close } = await serveCluster(cluster, { dir, nodeEnvs });
    process.stdout.write(`${JSON.stringify(facts)}\n`);
    await ending;
    close();
  } finally {
    await cluster.stop();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
