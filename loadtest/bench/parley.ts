import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@parley/cluster';
import { createMetrics, createLogger, loadSpaces, mintToken, readConfig } from '@parley/node-kit';
import { conversationId } from '@parley/protocol';
import { createStore, type Store } from '@parley/store-postgres';
import { conversationsFrom } from '../generator/codec.ts';
import type { CodecName } from '../generator/plan.ts';
import { auditOf } from './audit.ts';
import type { DialectName } from './options.ts';
import { answers200, startProcess } from './processes.ts';
import type { Stores } from './stores.ts';
import { type Population, type System, templateName, userIdOf } from './system.ts';

const database = 'bench_parley';
const spaceName = 'main';
const nodePath = new URL('../../packages/socket-node/src/main.ts', import.meta.url).pathname;

/** Our socket nodes as production runs them: authorisation, limits, presence and metrics on, and nothing left out. */
export function parley(
  { clients, roomSize }: Population,
  dialect: DialectName,
  stores: Stores,
  logDir: string,
  nodeFlags: string[],
): System {
  const spacesPath = writeSpaces(logDir, dialect);
  const talk = talks[dialect];
  const environment = (index: number, port: number, privatePort: number) => ({
    NODE_ENV: 'production',
    PARLEY_TLS: 'required',
    PARLEY_FILES_SECRET: randomBytes(32).toString('hex'),
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
    protocol: talk.codec,
    database,
    template: templateName(database, { clients, roomSize }),
    async fill(databaseUrl) {
      const log = createLogger(readConfig({ ...environment(0, 0, 0), DATABASE_URL: databaseUrl }));
      const store = createStore({ databaseUrl, registry: createMetrics().registry, log });
      await store.migrate();
      const userIds = Array.from({ length: clients }, (_, index) => talk.userIdOf(index));
      await Promise.all(userIds.map((userId) => store.users.admit({ space: spaceName, userId, role: 'user' })));
      for (let first = 0; first < clients; first += roomSize) {
        conversationIds.push(talk.idOf(await talk.begin(store, userIds.slice(first, first + roomSize))));
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
      const userId = talk.userIdOf(index);
      return {
        url,
        // As the load balancer says it, which ends TLS.
        headers: { 'x-parley-space': spaceName, 'x-forwarded-proto': 'https' },
        userId,
        token: mintToken(space, { userId, role: 'user' }),
        conversationId: conversationIds[Math.floor(index / roomSize)]!,
        // Of two: the neighbour.
        ...(roomSize === 2 && { peerId: talk.userIdOf(index % 2 === 0 ? index + 1 : index - 1) }),
      };
    },
    audit: (databaseUrl, acked) => auditOf(databaseUrl, auditText, acked),
  };
}

type Talk = {
  codec: CodecName;
  userIdOf: (client: number) => string;
  /** Begins the conversation of these users. @returns its number */
  begin: (store: Store, userIds: readonly string[]) => Promise<number>;
  /** What clients call it. */
  idOf: (no: number) => string;
};

/** What differs from one contract to the next. */
const talks: Record<DialectName, Talk> = {
  native: {
    codec: 'parley',
    userIdOf,
    async begin({ conversations }, [ownerId = '', ...memberIds]) {
      const [peerId] = memberIds;
      if (peerId !== undefined && memberIds.length === 1) {
        return (await conversations.openDirect(spaceName, ownerId, peerId, 'always')).conversation.no;
      }
      return (await conversations.createGroup(spaceName, ownerId, 'Bench', memberIds)).conversation.no;
    },
    idOf: conversationId,
  },
  'direct-chat': {
    codec: 'direct-chat',
    userIdOf: (client) => String(1_000 + client),
    async begin({ conversations }, [one = '', other = '']) {
      return (await conversations.openDirect(spaceName, one, other, 'always')).conversation.no;
    },
    idOf: (no) => String(conversationsFrom + no),
  },
};

/** A space with a secret of its own, because production refuses the one that everybody knows. */
function writeSpaces(dir: string, dialect: DialectName): string {
  const path = join(dir, 'spaces.json');
  const tokens = { secret: 'a-secret-of-the-benchmark-that-guards-nothing' };
  mkdirSync(dir, { recursive: true });
  writeFileSync(path, JSON.stringify({ spaces: { [spaceName]: { dialect, origins: [], tokens } } }));
  return path;
}

const auditText = `
  with kept as (
    select conversation_no as no, count(*) as messages, count(distinct split_part(body, '.', 1) || '.' || split_part(body, '.', 2)) as distinct, min(seq) as first, max(seq) as last
      from messages group by conversation_no
  )
  select coalesce(sum(messages), 0)::int as stored,
         coalesce(sum(kept.distinct), 0)::int as distinct,
         count(*) filter (where last - first + 1 <> messages)::int as sparse
    from kept`;
