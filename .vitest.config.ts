import { defineConfig } from 'vitest/config';

const servers = ['packages/testkit/src/setup/servers.ts'];
const leaks = ['packages/testkit/src/setup/leaks.ts'];
const testsOf = (...packages: string[]) => packages.map((name) => `packages/${name}/test/**/*.test.ts`);

const needsDatabase = 'packages/testkit/test/test-database.test.ts';
/** What waits long or computes much, and minds no neighbour. */
const patient = [
  'packages/presence-redis/test/{durations,scripts-model}.test.ts',
  'packages/store-postgres/test/*.property.test.ts',
];
/** What judges the cluster needs none itself. */
const checker = ['packages/cluster-tests/test/checker/**/*.test.ts'];

/**
 * One process per test file: a file's own database and Redis prefix need no other isolation. One file after the other:
 * leases of some hundred milliseconds and PostgreSQL's transactions take another busy file for a fault.
 */
const inForks = {
  pool: 'forks',
  // Modules are loaded once for all files of a project: it was a fifth of their time.
  isolate: false,
  environment: 'node',
  setupFiles: leaks,
  maxWorkers: 1,
  sequence: { groupOrder: 2 },
} as const;

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      {
        test: {
          ...inForks,
          // Some keep servers in a module of their own, which has to be loaded anew to close them.
          isolate: true,
          // Nothing is shared and nothing hangs on the clock: two files at a time.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          name: 'unit',
          include: [
            ...testsOf('protocol', 'core', 'dialects', 'node-kit', 'files-disk', 'client', 'testkit'),
            'loadtest/test/**/*.test.ts',
            ...checker,
          ],
          exclude: [needsDatabase],
          // Some start a process, on a machine where every core is busy with other test files.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...inForks,
          name: 'store',
          include: [...testsOf('store-postgres'), needsDatabase],
          exclude: patient,
          globalSetup: servers,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...inForks,
          name: 'presence',
          include: testsOf('presence-redis', 'fanout-socketio'),
          exclude: patient,
          globalSetup: servers,
          testTimeout: 40_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          ...inForks,
          // What they wait for is long enough for two files at a time: 90 to 44 s.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          name: 'nodes',
          include: testsOf('api-node', 'socket-node'),
          globalSetup: servers,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...inForks,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          name: 'patient',
          include: patient,
          globalSetup: servers,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...inForks,
          // Real processes on two cores, one cluster for the whole project: one file after the other.
          name: 'cluster',
          include: testsOf('cluster', 'cluster-tests'),
          exclude: checker,
          globalSetup: ['packages/cluster-tests/src/setup/global.ts'],
          setupFiles: [],
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
          teardownTimeout: 30_000,
        },
      },
    ],
  },
});
