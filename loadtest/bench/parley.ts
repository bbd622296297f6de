import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@parley/cluster';
import { createMetrics, createLogger, loadSpaces, mintToken, readConfig } from '@parley/node-kit';
import { conversationId } from '@parley/protocol';
import { createStore } from '@parley/store-postgres';
import pg from 'pg';
import type { Options } from './options.ts';
import { answers200, startProcess } from './processes.ts';
import type { Stores } from './stores.ts';
import { type System, userIdOf } from './system.ts';

const database = 'bench_parley';
const spaceName = 'main';
const nodePath = new URL('../../packages/socket-node/src/main.ts', import.meta.url).pathname;

/** Our socket nodes as production runs them: authorisation, limits, presence and metrics on, and nothing left out. */
export function parley(options: Options, stores: Stores, logDir: string, nodeFlags: string[]): System {
  const { clients, roomSize } = options;
  const spacesPath = writeSpaces(logDir);
  const environment = (index: number, port: number, privatePort: number) => ({
    NODE_ENV: 'production',
    PARLEY_LOG_LEVEL: 'warn',
    PARLEY_SLOT: `s${index + 1}`,
    PARLEY_PORT: String(port),
    PARLEY_PRIVATE_PORT: String(privatePort),
    PARLEY_SPACES: spacesPath,
    PARLEY_DRAIN_MS: '0',
    DATABASE_URL: stores.databaseUrl(database),
    REDIS_URL: stores.redisUrl,
  });
  const space = loadSpaces(spacesPath, {}).get(spaceName)!;
  const conversationIds: string[] = [];

  return {
    name: 'parley',
    database,
    async fill(databaseUrl) {
      const log = createLogger(readConfig({ ...environment(0, 0, 0), DATABASE_URL: databaseUrl }));
      const store = createStore({ databaseUrl, registry: createMetrics().registry, log });
      await store.migrate();
      const userIds = Array.from({ length: clients }, (_, index) => userIdOf(index));
      await Promise.all(userIds.map((userId) => store.users.admit({ space: spaceName, userId, role: 'user' })));
      for (let first = 0; first < clients; first += roomSize) {
        const [ownerId = '', ...memberIds] = userIds.slice(first, first + roomSize);
        const { conversation } = await store.conversations.createGroup(spaceName, ownerId, 'Bench', memberIds);
        conversationIds.push(conversationId(conversation.no));
      }
      await store.close();
    },
    async startNode(index) {
      const [port, privatePort] = [await freePort(), await freePort()];
      const running = await startProcess(
        {
          file: process.execPath,
          args: [...nodeFlags, nodePath],
          env: environment(index, port, privatePort),
          logPath: `${logDir}/parley-${index}.log`,
        },
        answers200(`http://127.0.0.1:${privatePort}/readyz`),
      );
      return { ...running, port, privatePort };
    },
    seat(index, url) {
      const userId = userIdOf(index);
      return {
        url,
        headers: { 'x-parley-space': spaceName },
        userId,
        token: mintToken(space, { userId, role: 'user' }),
        conversationId: conversationIds[Math.floor(index / roomSize)]!,
      };
    },
    audit,
  };
}

/** A space with a secret of its own, because production refuses the one that everybody knows. */
function writeSpaces(dir: string): string {
  const path = join(dir, 'spaces.json');
  const tokens = { secret: 'a-secret-of-the-benchmark-that-guards-nothing' };
  mkdirSync(dir, { recursive: true });
  writeFileSync(path, JSON.stringify({ spaces: { [spaceName]: { dialect: 'native', origins: ['*'], tokens } } }));
  return path;
}

type Kept = { stored: number; distinct: number; sparse: number };

async function audit(databaseUrl: string, acked: number): Promise<string[]> {
  const db = new pg.Client(databaseUrl);
  await db.connect();
  try {
    const { rows } = await db.query<Kept>(auditText);
    const [{ stored, distinct, sparse } = { stored: 0, distinct: 0, sparse: 0 }] = rows;
    return [
      ...(stored === acked ? [] : [`${stored} messages are stored, ${acked} were acknowledged`]),
      ...(distinct === stored ? [] : [`${stored - distinct} messages are stored twice`]),
      ...(sparse === 0 ? [] : [`${sparse} conversations have holes in their numbers`]),
    ];
  } finally {
    await db.end();
  }
}

const auditText = `
  with kept as (
    select conversation_no as no, count(*) as messages, count(distinct client_id) as distinct, min(seq) as first, max(seq) as last
      from messages group by conversation_no
  )
  select coalesce(sum(messages), 0)::int as stored,
         coalesce(sum(kept.distinct), 0)::int as distinct,
         count(*) filter (where last - first + 1 <> messages)::int as sparse
    from kept`;
