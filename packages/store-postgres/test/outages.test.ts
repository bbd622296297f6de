import { freePort, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  countOf,
  groupOf,
  type Node,
  numbers,
  openStage,
  outcomeOf,
  type Stage,
  said,
  space,
} from './support/stage.ts';
import { startWire } from './support/wire.ts';

let stage: Stage;
let node: Node;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
});
afterAll(() => stage.close());

/** A node whose way to the database can be hurt. */
async function nodeOnWire() {
  const wire = await startWire(stage.url);
  const there = await stage.node({ databaseUrl: wire.url });
  onTestFinished(async () => {
    wire.thaw();
    await there.close();
    await wire.close();
  });
  return { wire, there };
}

const codeOf = async (promise: Promise<unknown>) => {
  const outcome = await outcomeOf(promise);
  return typeof outcome === 'string' ? outcome : 'answered';
};

describe('outages of the database', () => {
  it('are `unavailable` when nothing was sent, for everything that is asked', async () => {
    const url = Object.assign(new URL(stage.url), { port: `${await freePort()}` }).href;
    const lost = await stage.node({ databaseUrl: url });
    const asked = [
      lost.messages.append(said('ana', 1, 'hello')),
      lost.messages.append(said('ana', 2, 'hello')),
      lost.messages.edit(space, 'ana', { no: 1, seq: 1 }, 'hello', 'always'),
      lost.conversations.list(space, 'ana', { after: undefined, limit: 1 }),
      lost.conversations.openDirect(space, 'ana', 'bob', 'always'),
      lost.history.page(space, 'ana', 1, { limit: 1 }),
      lost.history.sync(space, 'ana', [{ no: 1, seq: 0, rev: 0 }]),
      lost.history.epoch(),
      lost.receipts.read(space, 'ana', 1, 1),
      lost.users.admit({ space, userId: 'ana', role: 'user' }),
      lost.log.moves(undefined),
      lost.ping(),
      lost.migrate(),
    ];
    expect(await Promise.all(asked.map(codeOf))).toEqual(asked.map(() => 'unavailable'));
  });

  it('never make a message acknowledged and lost, or stored twice, however often sessions are killed', async () => {
    const no = await groupOf(node, 'ana', 'bob');
    const victim = await stage.node();
    const killer = await stage.session();
    let kills = 0;
    let killed = Promise.resolve();
    const kill = async () => {
      const { rowCount } = await killer.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'parley sends'`,
      );
      kills += rowCount ?? 0;
    };
    const acked = new Map<string, number>();
    const codes = new Set<string>();
    await Promise.all(
      numbers(1, 40).map(async (caller) => {
        for (const i of numbers(1, 25)) {
          const message = said(caller % 2 ? 'ana' : 'bob', no, `${caller}/${i}`);
          // As a client does: the same clientId until the answer is certain.
          await until(
            async () => {
              const outcome = await outcomeOf(victim.messages.append(message));
              if (typeof outcome === 'string') return void codes.add(outcome);
              acked.set(message.body, outcome.message.seq);
              if (acked.size % 25 === 0) killed = killed.then(kill);
              return true;
            },
            { what: 'the message is stored', withinMs: 20_000 },
          );
        }
      }),
    );
    await killed;
    expect(kills).toBeGreaterThan(5);
    expect([...codes].filter((code) => !['outcome_unknown', 'unavailable'].includes(code))).toEqual([]);
    expect((await node.conversations.facts(space, 'ana', no)).lastSeq).toBe(1_000);
    const messages = (await node.log.messages(no, 0, 1_000, 1_000)).map(({ message }) => message);
    expect(messages.map(({ seq }) => seq)).toEqual(numbers(1, 1_000));
    expect(new Map(messages.map(({ body, seq }) => [body, seq]))).toEqual(acked);
  });

  it('are `outcome_unknown` for what had left, and a retry tells what became of it', async () => {
    const no = await groupOf(node, 'ana');
    const { wire, there } = await nodeOnWire();
    await there.messages.append(said('ana', no, 'before'));
    const session = await stage.session();
    await session.query('begin');
    await session.query('select from conversations where no = $1 for no key update', [no]);
    const message = said('ana', no, 'in flight');
    const sending = outcomeOf(there.messages.append(message));
    // The statement has arrived (it waits for the lock) when its answer is cut off.
    await until(
      async () => {
        const { rows } = await session.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
        return rows.length > 0;
      },
      { what: 'the statement waits for the lock' },
    );
    wire.cut();
    expect(await sending).toBe('outcome_unknown');
    await session.query('commit');
    const retried = await until(
      async () => {
        const outcome = await outcomeOf(there.messages.append(message));
        return typeof outcome === 'string' ? undefined : outcome;
      },
      { what: 'the node is connected again' },
    );
    expect(retried.message.seq).toBe(2);
    expect((await node.conversations.facts(space, 'ana', no)).lastSeq).toBe(2);
  });

  it('of a database that stops answering end in an answer for everybody, and recovery is automatic', async () => {
    const no = await groupOf(node, 'ana');
    const { wire, there } = await nodeOnWire();
    await Promise.all([there.messages.append(said('ana', no, 'before')), there.ping()]);
    wire.freeze();
    const first = said('ana', no, 'first');
    const inFlight = outcomeOf(there.messages.append(first));
    // Behind the batch in flight; whatever cannot be sent in the end was never stored.
    const behind = new Promise<unknown>((resolve) =>
      setImmediate(() => resolve(outcomeOf(there.messages.append(said('ana', no, 'behind'))))),
    );
    expect(await codeOf(there.ping())).toBe('unavailable');
    expect(await inFlight).toBe('outcome_unknown');
    expect(['unavailable', 'outcome_unknown']).toContain(await behind);
    wire.thaw();
    await until(() => there.ping().then(() => true), { what: 'the node is connected again' });
    expect(typeof (await outcomeOf(there.messages.append(first)))).toBe('object');
    expect(await countOf(there, 'parley_store_lost_connections_total')).toBeGreaterThan(0);
    // The one that found nobody, and the tries until somebody was there again.
    expect(await countOf(there, 'parley_store_failures_total')).toBeGreaterThan(0);
    expect(await there.registry.metrics()).toMatch(
      /parley_store_statement_seconds_count\{statement="sign-of-life"\} [2-9]/,
    );
    expect(await countOf(there, 'parley_store_pool_waiting_requests')).toBe(0);
  });

  it('that are short delay messages, and lose or refuse none', async () => {
    const no = await groupOf(node, 'ana');
    const { wire, there } = await nodeOnWire();
    await there.messages.append(said('ana', no, 'before'));
    wire.freeze();
    const sends = numbers(1, 500).map((i) => there.messages.append(said('ana', no, `${i}`)));
    // As long as another node needs for many messages of its own.
    const far = await groupOf(node, 'bob');
    for (const i of numbers(1, 100)) await node.messages.append(said('bob', far, `${i}`));
    wire.thaw();
    expect((await Promise.all(sends)).map(({ message }) => message.seq)).toEqual(numbers(2, 501));
  });

  it('fill a bounded queue, and then answer `busy` at once', async () => {
    const no = await groupOf(node, 'ana');
    const { wire, there } = await nodeOnWire();
    await there.messages.append(said('ana', no, 'before'));
    wire.freeze();
    const sends = numbers(1, 10_000).map((i) => outcomeOf(there.messages.append(said('ana', no, `${i}`, null))));
    // The database cannot have been asked: not a byte passes.
    expect(await outcomeOf(there.messages.append(said('ana', no, 'one too many')))).toBe('busy');
    wire.thaw();
    const answers = await Promise.all(sends);
    expect(answers.map((answer) => (typeof answer === 'string' ? answer : answer.message.seq))).toEqual(
      numbers(2, 10_001),
    );
  });

  it('of idle connections are not noticed by whoever asks next', async () => {
    const no = await groupOf(node, 'ana');
    await Promise.all(numbers(1, 6).map(() => node.ping()));
    const killer = await stage.session();
    await killer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await until(
      async () =>
        (await killer.query(`select from pg_stat_activity where datname = current_database()`)).rowCount === 1,
      { what: 'the sessions are gone' },
    );
    await until(() => node.ping().then(() => true), { what: 'a connection is made' });
    expect((await node.messages.append(said('ana', no, 'hello'))).message.seq).toBe(1);
    expect((await node.history.page(space, 'ana', no, { limit: 1 })).messages).toHaveLength(1);
  });

  it('by a failover to a server that takes no writes are `unavailable`', async () => {
    const no = await groupOf(node, 'ana');
    const admin = await stage.session();
    const database = new URL(stage.url).pathname.slice(1);
    await admin.query(`alter database ${database} set default_transaction_read_only = on`);
    const standby = await stage.node();
    expect(await codeOf(standby.messages.append(said('ana', no, 'hello')))).toBe('unavailable');
    expect(await codeOf(standby.receipts.read(space, 'ana', no, 1))).toBe('unavailable');
    expect((await standby.history.page(space, 'ana', no, { limit: 1 })).messages).toEqual([]);
    await admin.query(`set transaction read write; alter database ${database} reset default_transaction_read_only`);
  });
});
