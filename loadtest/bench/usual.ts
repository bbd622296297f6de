import { readFile } from 'node:fs/promises';
import { freePort } from '@parley/cluster';
import pg from 'pg';
import type { UsualName } from '../generator/plan.ts';
import { auditOf } from './audit.ts';
import { listensOn, startProcess } from './processes.ts';
import type { Stores } from './stores.ts';
import { type Population, type System, templateName, seatWithoutToken } from './system.ts';

const database = 'bench_usual';
const usualPath = new URL('../baseline/node.ts', import.meta.url).pathname;
const rawPath = new URL('../baseline/raw-node.ts', import.meta.url).pathname;
const schema = new URL('../baseline/schema.sql', import.meta.url);

type Usual = {
  path: string;
  env: (databaseUrl: string, redisUrl: string) => NodeJS.ProcessEnv;
  /** Whether it keeps what it acknowledges. */
  stores: boolean;
};

const withStores = (DATABASE_URL: string, REDIS_URL: string) => ({ DATABASE_URL, REDIS_URL });

/** The stacks of `loadtest/baseline/`. */
const stacks: Record<UsualName, Usual> = {
  baseline: { path: usualPath, env: withStores, stores: true },
  sharded: { path: usualPath, env: (...urls) => ({ ...withStores(...urls), ADAPTER: 'sharded' }), stores: true },
  raw: { path: rawPath, env: withStores, stores: true },
  bare: { path: usualPath, env: (...urls) => ({ ...withStores(...urls), ADAPTER: 'none' }), stores: false },
  null: { path: rawPath, env: () => ({}), stores: false },
};

export function usual(
  name: UsualName,
  { roomSize }: Population,
  stores: Stores,
  logDir: string,
  nodeFlags: string[],
): System {
  const stack = stacks[name];
  return {
    name,
    protocol: 'baseline',
    database,
    template: templateName(database),
    fill: (databaseUrl) => withClient(databaseUrl, async (db) => void (await db.query(await readFile(schema, 'utf8')))),
    async startNode(index) {
      const port = await freePort();
      const urls = stack.env(stores.databaseUrl(database), stores.redisUrl);
      const env = { ...urls, PORT: String(port), NODE_ENV: 'production' };
      const running = await startProcess(
        { file: process.execPath, args: [...nodeFlags, stack.path], env, logPath: `${logDir}/${name}-${index}.log` },
        listensOn(port),
      );
      return { ...running, port, privatePort: port };
    },
    seat: (index, url) => seatWithoutToken(index, url, roomSize),
    audit: async (databaseUrl, acked) => (stack.stores ? auditOf(databaseUrl, auditText, acked) : []),
  };
}

/** It numbers nothing, so there are no holes. */
const auditText = `
  select count(*)::int as stored, 0 as sparse,
         count(distinct split_part(body, '.', 1) || '.' || split_part(body, '.', 2))::int as distinct
    from messages`;

async function withClient<T>(databaseUrl: string, use: (db: pg.Client) => Promise<T>): Promise<T> {
  const db = new pg.Client(databaseUrl);
  await db.connect();
  try {
    return await use(db);
  } finally {
    await db.end();
  }
}
