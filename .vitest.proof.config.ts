import { defineConfig } from 'vitest/config';

const hourMs = 3_600_000;

/** The longer proofs, one at a time, against a cluster of their own: `pnpm proof <name>`. */
export default defineConfig({
  test: {
    include: ['packages/*/proofs/**/*.proof.ts', 'loadtest/proofs/**/*.proof.ts'],
    globalSetup: ['packages/cluster-tests/src/setup/global.ts'],
    pool: 'forks',
    environment: 'node',
    fileParallelism: false,
    testTimeout: hourMs,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
