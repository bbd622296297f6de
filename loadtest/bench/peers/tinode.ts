import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@parley/cluster';
import { auditOf } from '../audit.ts';
import { listensOn, type Running, runToEnd, startProcess } from '../processes.ts';
import type { Stores } from '../stores.ts';
import { type Population, type System, templateName, userIdOf } from '../system.ts';
import { type Place, seedTinode } from './tinode-seed.ts';

const database = 'bench_tinode';

/**
 * Tinode with PostgreSQL, as one node: its cluster gives each topic one home node, and is not set up here. Groups are group topics, conversations of two are its p2p topics.
 */
export function tinode({ clients, roomSize }: Population, stores: Stores, logDir: string, folder: string): System {
  const keys = { uid_key: randomBytes(16).toString('base64'), tokens: randomBytes(32).toString('base64') };
  let places: readonly Place[] = [];
  const template = templateName(database, { clients, roomSize });

  return {
    name: 'tinode',
    protocol: 'tinode',
    database,
    template,
    async fill(databaseUrl) {
      // Its own tool makes the database, and refuses one that is there.
      await stores.drop(template);
      const config = await writeConfig(databaseUrl);
      await runToEnd({
        file: join(folder, 'tinode-db'),
        args: ['--config', config.path],
        logPath: `${logDir}/tinode-db.log`,
      });
      const server = await start(config, `${logDir}/tinode-fill.log`);
      try {
        places = await seedTinode(`ws://127.0.0.1:${config.port}`, { clients, roomSize });
      } finally {
        await server.stop();
      }
    },
    async startNode() {
      const config = await writeConfig(stores.databaseUrl(database));
      // It logs every message: in its favour, into nothing.
      const running = await start(config, '/dev/null');
      return { ...running, port: config.port, privatePort: config.port };
    },
    seat: (index, url) => ({
      url,
      headers: {},
      userId: userIdOf(index),
      token: places[index]!.token,
      conversationId: places[index]!.topic,
    }),
    audit: (databaseUrl, acked) => auditOf(databaseUrl, auditText, acked),
  };

  async function writeConfig(databaseUrl: string): Promise<{ path: string; port: number }> {
    const port = await freePort();
    const path = join(logDir, `tinode-${port}.json`);
    mkdirSync(logDir, { recursive: true });
    writeFileSync(path, JSON.stringify(configOf(port, databaseUrl, keys)));
    return { path, port };
  }

  function start({ path, port }: { path: string; port: number }, logPath: string): Promise<Running> {
    const args = ['--config', path, '--static_data', '-'];
    return startProcess({ file: join(folder, 'tinode'), args, logPath }, listensOn(port));
  }
}

/** Its sample configuration without what chat does not need: no push, no files, no mail, no static site, no calls. */
export function configOf(port: number, databaseUrl: string, keys: { uid_key: string; tokens: string }) {
  return {
    listen: `127.0.0.1:${port}`,
    api_path: '/',
    grpc_listen: '',
    ws_compression_disabled: true,
    expvar: '-',
    api_key_salt: 'T713/rYYgW7g4m3vG6zGRh7+FM1t0T8j13koXScOAj4=',
    max_message_size: 131_072,
    max_subscriber_count: 4_096,
    push: [],
    auth_config: {
      basic: { add_to_tags: false, min_login_length: 4, min_password_length: 6 },
      token: { expire_in: 1_209_600, serial_num: 1, key: keys.tokens },
    },
    store_config: {
      uid_key: keys.uid_key,
      max_results: 1_024,
      use_adapter: 'postgres',
      adapters: { postgres: { dsn: `${databaseUrl}?sslmode=disable&pool_max_conns=50`, sql_timeout: 10 } },
    },
  };
}

/** Its messages hold JSON. */
const auditText = `
  with kept as (
    select topic, count(*) as messages, count(distinct split_part(content #>> '{}', '.', 1) || '.' || split_part(content #>> '{}', '.', 2)) as distinct,
           min(seqid) as first, max(seqid) as last
      from messages group by topic
  )
  select coalesce(sum(messages), 0)::int as stored,
         coalesce(sum(kept.distinct), 0)::int as distinct,
         count(*) filter (where last - first + 1 <> messages)::int as sparse
    from kept`;
