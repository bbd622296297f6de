import pg from 'pg';
import { cpuOf } from '../cpu.ts';
import type { Stores } from '../stores.ts';

const database = 'bench_limits';
const conversations = 64;
const body = 'x'.repeat(100);

export type RowCosts = { rowsPerSecond: number; postgresRow: number; nodeRow: number; commitsPerSecond: number };

/**
 * L1: how many numbered rows one connection stores in batches of `rowsPerBatch`, and what each costs, in µs of CPU; and
 * how many rows a second sixteen connections commit one by one.
 */
export async function measurePostgres(stores: Stores, rowsPerBatch: number, windowMs: number): Promise<RowCosts> {
  // That of the round before, whose connections have ended by now.
  await stores.drop(database);
  await stores.makeTemplate(database, async (url) => {
    const db = new pg.Client(url);
    await db.connect();
    await db.query(schema);
    await db.end();
  });
  const pool = new pg.Pool({ connectionString: stores.databaseUrl(database), max: 16 });
  try {
    await store(1, rowsPerBatch, windowMs / 4);
    const batched = await store(1, rowsPerBatch, windowMs);
    const alone = await store(16, 1, windowMs);
    return { ...batched, commitsPerSecond: alone.rowsPerSecond };
  } finally {
    await pool.end();
  }

  async function store(connections: number, rows: number, ms: number) {
    const parts = { node: [], postgres: [stores.postgresPid], redis: [], haproxy: [] };
    const [before, own, from] = [cpuOf(parts), process.cpuUsage(), performance.now()];
    const senders = Array.from({ length: rows }, (_, index) => `bench-${index}`);
    const bodies = Array.from({ length: rows }, () => body);
    let [stored, begun] = [0, 0];
    const work = async () => {
      while (performance.now() < from + ms) {
        // Each batch begins at another conversation: single rows would else wait for one lock.
        const first = begun++;
        const nos = Array.from({ length: rows }, (_, index) => (first + index) % conversations);
        await pool.query({ name: 'store-batch', text, values: [nos, senders, bodies] });
        stored += rows;
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
    const cpu = process.cpuUsage(own);
    return {
      rowsPerSecond: stored / ((performance.now() - from) / 1000),
      postgresRow: ((cpuOf(parts).postgres - before.postgres) * 1000) / stored,
      nodeRow: (cpu.user + cpu.system) / stored,
    };
  }
}

const schema = `
  create table heads (id int primary key, last_seq bigint not null default 0) with (fillfactor = 70);
  insert into heads select generate_series(0, ${conversations - 1});
  create table log (
    conversation_id int not null,
    seq bigint not null,
    sender_id text not null,
    body text not null,
    created_at timestamptz not null default now(),
    primary key (conversation_id, seq)
  );`;

const text = `
  with incoming as (
    select * from unnest($1::int[], $2::text[], $3::text[]) with ordinality as t (conversation_id, sender_id, body, place)
  ), bumped as (
    update heads set last_seq = last_seq + counted.rows
      from (select conversation_id, count(*) as rows from incoming group by conversation_id) as counted
     where heads.id = counted.conversation_id
     returning heads.id, heads.last_seq - counted.rows as before
  )
  insert into log (conversation_id, seq, sender_id, body)
  select conversation_id, before + row_number() over (partition by conversation_id order by place), sender_id, body
    from incoming join bumped on bumped.id = incoming.conversation_id
  returning seq, created_at`;
