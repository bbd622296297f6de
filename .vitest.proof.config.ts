import { defineConfig } from 'vitest/config';

const hourMs = 3_600_000;
/** Those of other packages start what they need by themselves, and measure it: a cluster beside it would be in the way. */
const needsCluster = process.argv.some((arg) => arg.includes('cluster-tests/'));

/** The longer proofs, one at a time, those of the cluster against one of their own: `pnpm proof <name>`. */
export default defineConfig({
  test: {
    include: ['packages/*/proofs/**/*.proof.ts', 'loadtest/proofs/**/*.proof.ts'],
    globalSetup: needsCluster ? ['packages/cluster-tests/src/setup/global.ts'] : [],
    pool: 'forks',
    environment: 'node',
    fileParallelism: false,
    testTimeout: hourMs,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
