import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRedis } from '@parley/cluster';
import { dropTestDatabases } from '../test-database.ts';

type End = () => Promise<void> | void;

/**
 * Before the first test file: a PostgreSQL and a Redis for the whole run, unless DATABASE_URL and REDIS_URL name some.
 * Every project of a run calls it; the first call serves them all, because test processes inherit the environment.
 */
export default async function startServers(): Promise<() => Promise<void>> {
  const ends: End[] = [];
  const end = async () => {
    for (const one of ends.toReversed()) await one();
  };
  if (process.env['PARLEY_TEST_RUN']) return end;
  process.env['PARLEY_TEST_RUN'] = randomBytes(3).toString('hex');
  try {
    const folder = temporaryFolder(ends);
    if (!process.env['DATABASE_URL']) {
      const postgres = await startPostgres({
        dataDir: join(folder, 'pg'),
        logFile: join(folder, 'pg.log'),
        durable: false,
      });
      process.env['DATABASE_URL'] = postgres.url;
      ends.push(postgres.stop);
    }
    if (!process.env['REDIS_URL']) {
      const redis = await startRedis({ dir: join(folder, 'redis'), logFile: join(folder, 'redis.log') });
      process.env['REDIS_URL'] = redis.url;
      ends.push(redis.stop);
    }
    ends.push(dropTestDatabases);
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

function temporaryFolder(ends: End[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
