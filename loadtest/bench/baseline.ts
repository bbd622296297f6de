import { readFile } from 'node:fs/promises';
import { freePort } from '@parley/cluster';
import pg from 'pg';
import type { Options } from './options.ts';
import { listensOn, startProcess } from './processes.ts';
import type { Stores } from './stores.ts';
import { type System, userIdOf } from './system.ts';

const database = 'bench_baseline';
const nodePath = new URL('../baseline/node.ts', import.meta.url).pathname;
const schema = new URL('../baseline/schema.sql', import.meta.url);

/** The usual stack of `loadtest/baseline/`. */
export function baseline({ roomSize }: Options, stores: Stores, logDir: string, nodeFlags: string[]): System {
  return {
    name: 'baseline',
    codec: 'baseline',
    database,
    fill: (databaseUrl) => withClient(databaseUrl, async (db) => void (await db.query(await readFile(schema, 'utf8')))),
    async startNode(index) {
      const port = await freePort();
      const env = {
        PORT: String(port),
        DATABASE_URL: stores.databaseUrl(database),
        REDIS_URL: stores.redisUrl,
        NODE_ENV: 'production',
      };
      const running = await startProcess(
        { file: process.execPath, args: [...nodeFlags, nodePath], env, logPath: `${logDir}/baseline-${index}.log` },
        listensOn(port),
      );
      return { ...running, port, privatePort: port };
    },
    seat: (index, url) => ({
      url,
      headers: {},
      userId: userIdOf(index),
      token: '',
      conversationId: `bench-${Math.floor(index / roomSize)}`,
    }),
    audit: (databaseUrl, acked) =>
      withClient(databaseUrl, async (db) => {
        const { rows } = await db.query<{ stored: number; distinct: number }>(
          `select count(*)::int as stored, count(distinct split_part(body, '.', 1) || '.' || split_part(body, '.', 2))::int
             as distinct from messages`,
        );
        const [{ stored, distinct } = { stored: 0, distinct: 0 }] = rows;
        return [
          ...(stored === acked ? [] : [`${stored} messages are stored, ${acked} were acknowledged`]),
          ...(distinct === stored ? [] : [`${stored - distinct} messages are stored twice`]),
        ];
      }),
  };
}

async function withClient<T>(databaseUrl: string, use: (db: pg.Client) => Promise<T>): Promise<T> {
  const db = new pg.Client(databaseUrl);
  await db.connect();
  try {
    return await use(db);
  } finally {
    await db.end();
  }
}
