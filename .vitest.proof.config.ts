import { defineConfig } from 'vitest/config';

const hourMs = 3_600_000;
const isOf = (name: string) => process.argv.some((arg) => arg.includes(`${name}/`));
/** Those of other packages start what they need by themselves, and measure it: a cluster beside it would be in the way. */
const needs = isOf('cluster-tests')
  ? ['packages/cluster-tests/src/setup/global.ts']
  : isOf('store-postgres')
    ? ['packages/testkit/src/setup/servers.ts']
    : [];

/** The longer proofs, one at a time, those of the cluster against one of their own: `pnpm proof <name>`. */
export default defineConfig({
  test: {
    include: ['packages/*/proofs/**/*.proof.ts', 'loadtest/proofs/**/*.proof.ts'],
    globalSetup: needs,
    pool: 'forks',
    environment: 'node',
    fileParallelism: false,
    testTimeout: hourMs,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
