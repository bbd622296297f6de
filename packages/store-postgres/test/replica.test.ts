import { startReplicatedPostgres, until, sessionOn } from '@parley/testkit';
import { historyConformance } from '@parley/testkit/conformance/history';
import { searchConformance } from '@parley/testkit/conformance/search';
import type { Client } from 'pg';
import { createMetrics } from '@parley/node-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStore, migrate } from '../src/index.ts';
import { groupOf, linkOf, type Node, numbers, outcomeOf, said, silent, space } from './support/stage.ts';

let servers: Awaited<ReturnType<typeof startReplicatedPostgres>>;
let replica: Client;
let node: Node;
let no: number;

function nodeOn(databaseUrl: string, replicaUrl?: string): Node {
  const { registry } = createMetrics();
  return { ...createStore({ databaseUrl, replicaUrl, linkOf, registry, log: silent }), registry };
}

beforeAll(async () => {
  servers = await startReplicatedPostgres();
  await migrate(servers.url);
  replica = await sessionOn(servers.replicaUrl);
  node = nodeOn(servers.url, servers.replicaUrl);
});
afterAll(async () => {
  await node.close();
  await replica.end();
  await servers.close();
});
beforeEach(async () => {
  no = await groupOf(node, 'ana', 'bob');
  for (const i of numbers(1, 6)) await node.messages.append(said('ana', no, `pebble ${i}`));
});

const resume = () => replica.query('select pg_wal_replay_resume()');
async function pause(): Promise<void> {
  await caughtUp();
  await replica.query('select pg_wal_replay_pause()');
  const paused = async () => (await replica.query('select pg_get_wal_replay_pause_state() as state')).rows[0]?.state;
  await until(async () => (await paused()) === 'paused', { what: 'the replica has stopped replaying' });
}

async function caughtUp(): Promise<void> {
  const stands = async () =>
    (await replica.query('select last_seq::int as seq from conversations where no = $1', [no])).rows[0]?.seq;
  await until(async () => (await stands()) >= 6, { what: 'the replica has replayed what was sent' });
}

/** How the replica answered what was asked meanwhile. */
async function answers(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const counter = node.registry.getSingleMetric('parley_store_replica_reads_total');
  const counts = async () =>
    new Map((await counter?.get())?.values.map(({ labels, value }) => [String(labels['answer']), value]));
  const before = await counts();
  await work();
  const changes = [...(await counts())].map(([answer, count]) => [answer, count - (before.get(answer) ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, change]) => change > 0));
}

const page = (user = 'bob') => node.history.page(space, user, no, { limit: 3 });
const bodies = async () => (await page()).messages.map(({ body }) => body);
const find = async (within?: number) =>
  (await node.search.find(space, 'bob', { terms: ['pebble'], no: within, after: undefined, limit: 3 })).messages.map(
    ({ body }) => body,
  );

const besideReplica = async () => {
  const nodes = [nodeOn(servers.url, servers.replicaUrl), nodeOn(servers.url, servers.replicaUrl)] as const;
  let asked = 0;
  return {
    node: async () => nodes[asked++ % 2 ? 1 : 0],
    close: async () => void (await Promise.all(nodes.map((one) => one.close()))),
  };
};
historyConformance('beside a replica', besideReplica);
searchConformance('beside a replica', besideReplica);

describe('a replica', () => {
  it('serves pages and searches as the primary would', async () => {
    await caughtUp();
    const plain = nodeOn(servers.url);
    try {
      const answered = await answers(async () => {
        for (const range of [{}, { beforeSeq: 3 }, { afterSeq: 2 }, { afterSeq: 6 }, { beforeSeq: 1 }]) {
          const asked = [space, 'bob', no, { limit: 3, ...range }] as const;
          expect(await node.history.page(...asked)).toEqual(await plain.history.page(...asked));
        }
        for (const within of [no, undefined]) {
          const asked = { terms: ['pebble'], no: within, after: undefined, limit: 3 };
          expect(await node.search.find(space, 'bob', asked)).toEqual(await plain.search.find(space, 'bob', asked));
          const nothing = { ...asked, terms: ['never said'] };
          expect((await node.search.find(space, 'bob', nothing)).messages).toEqual([]);
        }
      });
      expect(answered).toEqual({ served: 9 });
    } finally {
      await plain.close();
    }
  });

  it.each<[string, () => Promise<unknown>, string[]]>([
    ['a message', () => node.messages.append(said('bob', no, 'pebble 7')), ['pebble 5', 'pebble 6', 'pebble 7']],
    [
      'an edit',
      () => node.messages.edit(space, 'ana', { no, seq: 6 }, 'pebble six', 'always'),
      ['pebble 4', 'pebble 5', 'pebble six'],
    ],
    ['a deletion', () => node.messages.remove(space, 'ana', { no, seq: 6 }), ['pebble 4', 'pebble 5', '']],
  ])('that has not replayed %s leaves its conversation to the primary', async (_, step, seen) => {
    await pause();
    try {
      expect(await answers(bodies)).toEqual({ served: 1 });
      await step();
      expect(await answers(async () => expect(await bodies()).toEqual(seen))).toEqual({ behind: 1 });
      const pebbles = seen.filter((body) => body !== '').toReversed();
      for (const within of [no, undefined])
        expect(
          await answers(async () => expect((await find(within)).slice(0, 2)).toEqual(pebbles.slice(0, 2))),
        ).toEqual({
          behind: 1,
        });
    } finally {
      await resume();
    }
    await until(async () => 'served' in (await answers(bodies)), { what: 'the replica serves again' });
  });

  it('that lags serves the conversations in which nothing has happened since', async () => {
    await pause();
    try {
      const quiet = no;
      const busy = await outcomeOf(node.messages.append(said('bob', (no = await groupOf(node, 'ana', 'bob')), 'new')));
      expect(busy).not.toBeTypeOf('string');
      expect(await answers(page)).toEqual({ behind: 1 });
      no = quiet;
      expect(await answers(page)).toEqual({ served: 1 });
      expect(await answers(() => find(quiet))).toEqual({ served: 1 });
      expect(await answers(() => find())).toEqual({ behind: 1 });
    } finally {
      await resume();
    }
  });

  it('that still knows a member who was removed serves them nothing more than the primary would', async () => {
    await pause();
    try {
      await node.conversations.removeMember(space, 'ana', no, 'bob');
      await node.messages.append(said('ana', no, 'without bob'));
      expect((await page()).messages.map(({ body }) => body)).toEqual(['pebble 4', 'pebble 5', 'pebble 6']);
      expect(await find(no)).toEqual(['pebble 6', 'pebble 5', 'pebble 4']);
      expect(await outcomeOf(page('nobody'))).toBe('not_found');
    } finally {
      await resume();
    }
  });

  it('of another epoch is never believed', async () => {
    await caughtUp();
    const epoch = async () => (await replica.query('select id from epoch')).rows[0]?.id;
    await pause();
    const client = await sessionOn(servers.url);
    try {
      const { rows } = await client.query('select new_epoch() as id');
      expect(await epoch()).not.toBe(rows[0]?.id);
      expect(await answers(page)).toEqual({ behind: 1 });
    } finally {
      await client.end();
      await resume();
    }
  });

  it('that hangs is replaced by the primary, long before its statements are given up; ending does not wait for those either', async () => {
    await caughtUp();
    const beside = nodeOn(servers.url, servers.replicaUrl);
    const pages = () => Promise.all(numbers(1, 20).map(() => beside.history.page(space, 'bob', no, { limit: 3 })));
    await pages();
    const failures = beside.registry.getSingleMetric('parley_store_replica_failures_total');
    const thaw = servers.freezeReplica();
    try {
      for (const { messages } of await pages())
        expect(messages.map(({ body }) => body)).toEqual(['pebble 4', 'pebble 5', 'pebble 6']);
      await beside.close();
      // Its statements are given up after five seconds, and counted then: nobody has waited for that.
      expect((await failures?.get())?.values).toEqual([]);
    } finally {
      thaw();
    }
    await until(async () => 'served' in (await answers(bodies)), { what: 'the replica serves again' });
  });

  it('that is away is replaced by the primary, and nobody notices', async () => {
    await caughtUp();
    await servers.stopReplica();
    expect(await answers(async () => expect(await bodies()).toEqual(['pebble 4', 'pebble 5', 'pebble 6']))).toEqual({
      failed: 1,
    });
    expect(await answers(async () => expect(await find(no)).toHaveLength(3))).toEqual({ failed: 1 });
  });
});
