import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '@parley/client';
import { fileStorage } from '@parley/client/file';
import { type Cluster, startCluster, startPostgres } from '@parley/cluster';
import { parseConversationId } from '@parley/protocol';
import { until, sessionOn } from '@parley/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { putBack, takeBackup } from '../src/base-backup.ts';
import { createRun, type PlainClient, readDatabase, serveCluster, talk, viewOf } from '../src/index.ts';

const root = new URL('../../..', import.meta.url).pathname;
const execute = promisify(execFile);
/** The step that is proven; without it the proof has to fail. */
const bumps = process.env['PARLEY_FORGET'] !== 'the epoch';

type Rows = ReadonlyMap<number, string>;

describe('a restore of a backup that was taken under load', () => {
  it('twice: nobody keeps what the database no longer has, or misses what takes its number', async () => {
    const { cluster, postgres, dir } = await start();
    const run = createRun(viewOf(cluster.facts));
    await run.users('ada', 'bob', 'cy', 'dan');
    const group = await run.group('ada', 'bob', 'cy', 'dan');
    const noisy = await run.group('ada', 'bob');
    const ada = run.sdk('ada');
    const [adaHolds, cy] = [holdings(ada), run.plain('cy')];
    const cyHolds = holdingsOfPlain(cy, group);
    const bobsStorage = join(dir, 'bob.jsonl');
    const bobHeld = new Map<string, Map<number, string>>();
    const connectBob = () => {
      const bob = run.sdk('bob', { storage: fileStorage(bobsStorage) });
      holdings(bob, bobHeld);
      return bob;
    };
    let bob = connectBob();
    await Promise.all([ada.caughtUp(), bob.caughtUp(), run.ready(cy)]);
    const say = async (life: string, count: number) => {
      for (let i = 1; i <= count; i += 1) await run.http('dan', 'message.send', sendOf(group, `${life} ${i}`));
    };
    const everybodyAgrees = async (when: string) => {
      const rows = await truth(cluster.of.databaseUrl, group);
      const held: Record<string, () => Rows | undefined> = {
        'the SDK, connected all the time': () => adaHolds.get(group),
        'the SDK, with a storage and away meanwhile': () => bobHeld.get(group),
        'a plain client, by the contract': () => cyHolds(),
      };
      for (const [who, rowsOf] of Object.entries(held)) {
        await until(() => same(rowsOf(), rows), { what: `${who} holds the log`, withinMs: 20_000 }).catch(() =>
          expect(Object.fromEntries(rowsOf() ?? []), `${who}, ${when}`).toEqual(Object.fromEntries(rows)),
        );
      }
      console.log(`${when}: 3 clients hold the ${rows.size} messages of the log, the last is "${rows.get(rows.size)}"`);
    };

    await say('before the backup', 5);
    const load = talk([{ client: ada, conversationId: noisy }], { perSecond: 50 });
    await until(() => load.acks.length > 50, { what: 'the load is under way', withinMs: 20_000 });
    const backup = join(dir, 'backup');
    await takeBackup(postgres.url, postgres.dataDir, backup);
    await load.end();
    console.log(`the backup was taken while ${load.acks.length} messages were stored`);
    await say('first life', 6);
    await everybodyAgrees('before any restore');
    await bob.close();

    for (const life of ['second life', 'third life']) {
      await restore(cluster.of, postgres, backup);
      await until(() => ada.state.name === 'online' && cy.socket.connected, {
        what: 'they are back',
        withinMs: 30_000,
      });
      // The numbers of the former life are taken by other messages, and some stay free.
      await say(life, 4);
      bob = connectBob();
      await bob.caughtUp();
      await everybodyAgrees(`after a restore, in the ${life}`);
      await say(`${life}, live`, 2);
      await everybodyAgrees(`and what was said then, in the ${life}`);
      await bob.close();
    }
  });
});

const sendOf = (conversationId: string, body: string) => ({ conversationId, body, clientId: crypto.randomUUID() });
const same = (held: Rows | undefined, rows: Rows): boolean =>
  held !== undefined && held.size === rows.size && [...rows].every(([seq, body]) => held.get(seq) === body);

/** What an application shows that does what the SDK tells it. It outlives the client. */
function holdings(client: Client, held = new Map<string, Map<number, string>>()) {
  client.on('reset', ({ conversationId }) => held.delete(conversationId));
  client.on('message', ({ conversationId, message }) => {
    held.set(conversationId, (held.get(conversationId) ?? new Map<number, string>()).set(message.seq, message.body));
  });
  return held;
}

/** Section 6 of the contract by hand, for one conversation: another epoch means to forget, and to read anew. */
function holdingsOfPlain(client: PlainClient, conversationId: string): () => Rows {
  let epoch = '';
  const held = new Map<number, string>();
  const read = async () => {
    const page = await until(
      async () => {
        const answer = await client.call('history.page', { conversationId, limit: 100 });
        return answer.ok && answer;
      },
      { what: 'a page of history', withinMs: 30_000 },
    );
    if (page.epoch === epoch) for (const { seq, body } of page.messages) held.set(seq, body);
  };
  const reads: Promise<void>[] = [];
  client.on('session.ready', (ready) => {
    if (epoch !== ready.epoch) held.clear();
    ({ epoch } = ready);
    reads.push(read());
  });
  client.on('message.created', (message) => {
    if (message.conversationId === conversationId) held.set(message.seq, message.body);
  });
  return () => held;
}

async function truth(databaseUrl: string, conversationId: string): Promise<Rows> {
  const { messages } = await readDatabase(databaseUrl, {
    space: 'main',
    nos: [parseConversationId(conversationId) ?? 0],
  });
  return new Map(messages.map(({ seq, body }) => [seq, body]));
}

/** As infra/postgres/restore.md says it. */
async function restore(cluster: Cluster, postgres: Server, backup: string): Promise<void> {
  const nodes = cluster.nodes().map(({ id }) => id);
  await Promise.all(nodes.map((id) => cluster.kill(id, 'SIGTERM')));
  await postgres.stop();
  await putBack(backup, postgres.dataDir);
  await postgres.start();
  if (bumps) {
    const env = { ...process.env, DATABASE_URL: cluster.databaseUrl };
    const args = ['restored', '--dir', join(cluster.dir, 'nowhere')];
    const { stdout } = await execute(`${root}packages/cluster/bin/parley`, args, { env });
    console.log(stdout.trim());
  }
  await Promise.all(nodes.map((id) => cluster.restart(id)));
}

type Server = Awaited<ReturnType<typeof openServer>>;

/** A PostgreSQL that is stopped and started while its cluster stays. */
async function openServer(dir: string) {
  const options = { dataDir: join(dir, 'postgres'), logFile: join(dir, 'postgres.log') };
  let part = await startPostgres(options);
  const { url, port, dataDir } = part;
  return {
    url,
    dataDir,
    stop: () => part.stop(),
    start: async () => {
      part = await startPostgres({ ...options, port });
    },
  };
}

async function start() {
  const dir = mkdtempSync(join(tmpdir(), 'parley-restore-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(dir, 0o755);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const postgres = await openServer(dir);
  onTestFinished(() => postgres.stop());
  const session = await sessionOn(postgres.url);
  await session.query('create database parley');
  await session.end();
  const databaseUrl = postgres.url.replace(/\/postgres$/, '/parley');
  const of = await startCluster({ dir: join(dir, 'cluster'), ports: 'free', databaseUrl, drainMs: 1_000 });
  onTestFinished(() => of.stop());
  const { facts, close } = await serveCluster(of, { dir: of.dir });
  onTestFinished(close);
  return { cluster: { of, facts }, postgres, dir };
}
