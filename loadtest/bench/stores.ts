import { mkdtempSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRedis } from '@parley/cluster';
import { Redis } from 'ioredis';
import pg from 'pg';

/** Stated with every result. The first three are what makes an acknowledgement worth something. */
export const postgresSettings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '512MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
};

/** One PostgreSQL and one Redis, that both systems use in turn. */
export type Stores = {
  postgresPid: number;
  redisPid: number;
  redisUrl: string;
  databaseUrl(database: string): string;
  /** Makes a database that copies are taken of; `fill` brings in schema and seeds. */
  makeTemplate(database: string, fill: (url: string) => Promise<void>): Promise<void>;
  /** A fresh copy of the template under the name of its use, an empty Redis, and no checkpoint due soon. */
  reset(database: string, template: string): Promise<void>;
  drop(database: string): Promise<void>;
  counters(database: string): Promise<{ commits: number; redisCommands: number }>;
  describe(): Promise<{ postgres: string; redis: string }>;
  stop(): Promise<void>;
};

/** Both write to a folder of their own, which is gone afterwards. */
export async function startStores(): Promise<Stores> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  // Started by root, PostgreSQL runs as another user, who must come through.
  await chmod(dir, 0o755);
  const postgres = await startPostgres({
    dataDir: join(dir, 'postgres'),
    logFile: join(dir, 'postgres.log'),
    settings: postgresSettings,
  });
  const redisServer = await startRedis({ dir, logFile: join(dir, 'redis.log') });
  const admin = new pg.Client(postgres.url);
  await admin.connect();
  const redis = new Redis(redisServer.url);
  const databaseUrl = (database: string) => postgres.url.replace(/[^/]*$/, database);

  return {
    postgresPid: postgres.pid,
    redisPid: redisServer.pid,
    redisUrl: redisServer.url,
    databaseUrl,
    async makeTemplate(database, fill) {
      await admin.query(`create database ${database}`);
      await fill(databaseUrl(database));
    },
    async reset(database, template) {
      await admin.query(`drop database if exists ${database} with (force)`);
      await admin.query(`create database ${database} template ${template} strategy file_copy`);
      await redis.flushall();
      await admin.query('checkpoint');
    },
    async drop(database) {
      await admin.query(`drop database if exists ${database} with (force)`);
    },
    async counters(database) {
      const { rows } = await admin.query<{ commits: string }>(
        'select xact_commit as commits from pg_stat_database where datname = $1',
        [database],
      );
      const info = await redis.info('stats');
      return {
        commits: Number(rows[0]?.commits),
        redisCommands: Number(/total_commands_processed:(\d+)/.exec(info)?.[1]),
      };
    },
    async describe() {
      const { rows } = await admin.query<{ server_version: string }>('show server_version');
      const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1];
      return { postgres: rows[0]?.server_version ?? 'unknown', redis: version ?? 'unknown' };
    },
    async stop() {
      redis.disconnect();
      await admin.end();
      await redisServer.stop();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
