import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createLogger, createMetrics } from '@parley/node-kit';
import { Client, Pool } from 'pg';
import { createStore } from '../src/index.ts';

// How many messages one Node process stores, and what each costs, beside the usual way: one prepared INSERT a message
// over a pool. Closed loop: as many callers as named, each sends its next message when the last one is stored.
// Rounds are interleaved, and ratios are taken within a round, because a machine's speed drifts.
//
//     DATABASE_URL=postgres://… node packages/store-postgres/bench/append.ts [rounds] [seconds]

const [rounds, seconds] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 3)];
const callerCounts = [1, 8, 64, 256, 1_000];
const conversationCount = 200;
const membersEach = 10;
const space = 'bench';
const body = 'The quick brown fox jumps over the lazy dog, and a message of a chat has about a hundred characters.';

type Send = (sender: string, no: number) => Promise<unknown>;
type Result = {
  rows: number;
  rowsPerSecond: number;
  nodeMicros: number;
  postgresMicros: number;
  p50: number;
  p99: number;
};

const url = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const database = `parley_bench_${process.pid}`;
const admin = new Client({ connectionString: url });
await admin.connect();
await admin.query(`create database ${database}`);
const databaseUrl = Object.assign(new URL(url), { pathname: `/${database}` }).href;
const log = createLogger({ nodeId: 'bench', slot: 'b1', logLevel: 'error' });
const store = createStore({ databaseUrl, registry: createMetrics().registry, log });
const pool = new Pool({ connectionString: databaseUrl, max: 10, idleTimeoutMillis: 0 });
try {
  await store.migrate();
  const nos = await fill();
  const ways: Record<string, Send> = {
    store: (senderId, no) =>
      store.messages.append({
        space,
        senderId,
        no,
        clientId: randomUUID(),
        kind: 'text',
        body,
        authorId: undefined,
        attachments: undefined,
        replyToSeq: undefined,
        permit: 'always',
      }),
    insert: (sender, no) =>
      pool.query({
        name: 'insert',
        text: 'insert into plain (conversation_no, sender, client_id, body) values ($1, $2, $3, $4) returning id, created_at',
        values: [no, sender, randomUUID(), body],
      }),
  };
  for (const callers of callerCounts) await compare(callers, ways, nos);
} finally {
  await pool.end();
  await store.close();
  await admin.query(`drop database ${database} with (force)`);
  await admin.end();
}

async function fill(): Promise<number[]> {
  await pool.query(`insert into users (space, user_id) select $1, 'user-' || i from generate_series(0, 1999) i`, [
    space,
  ]);
  await pool.query(`create table plain (id bigserial primary key, conversation_no bigint not null, sender text not null,
    client_id uuid unique, body text not null, created_at timestamptz not null default now())`);
  await pool.query('create index on plain (conversation_no, id)');
  const nos: number[] = [];
  for (let i = 0; i < conversationCount; i++) {
    const users = Array.from({ length: membersEach }, (_, m) => userOf(i, m));
    const [owner = '', ...others] = users;
    nos.push((await store.conversations.createGroup(space, owner, `Group ${i}`, others)).conversation.no);
  }
  return nos;
}

function userOf(conversation: number, member: number): string {
  return `user-${(conversation * membersEach + member) % 2_000}`;
}

async function compare(callers: number, ways: Record<string, Send>, nos: number[]): Promise<void> {
  const results: Record<string, Result[]> = {};
  for (let round = -1; round < rounds; round++) {
    for (const [name, send] of Object.entries(ways)) {
      // The first round only warms up.
      const result = await measure(callers, send, nos, round < 0 ? 1 : seconds);
      if (round >= 0) (results[name] ??= []).push(result);
    }
  }
  for (const [name, all] of Object.entries(results)) {
    const of = (key: keyof Result) => spread(all.map((result) => result[key]));
    console.log(
      `${String(callers).padStart(5)} callers  ${name.padEnd(6)}  rows/s ${of('rowsPerSecond')}  node us/row ${of('nodeMicros')}  ` +
        `postgres us/row ${of('postgresMicros')}  p50 ms ${of('p50')}  p99 ms ${of('p99')}`,
    );
  }
  const [ours = [], plain = []] = [results['store'], results['insert']];
  const ratio = (key: keyof Result) => spread(ours.map((result, i) => result[key] / (plain[i]?.[key] ?? Number.NaN)));
  console.log(
    `               ratio   rows/s ${ratio('rowsPerSecond')}  node ${ratio('nodeMicros')}  postgres ${ratio('postgresMicros')}`,
  );
}

async function measure(callers: number, send: Send, nos: number[], forSeconds: number): Promise<Result> {
  const latencies: number[] = [];
  const end = performance.now() + forSeconds * 1_000;
  const [cpu, busy, start] = [process.cpuUsage(), await postgresSeconds(), performance.now()];
  const caller = async () => {
    while (performance.now() < end) {
      const conversation = Math.floor(Math.random() * nos.length);
      const sent = performance.now();
      await send(userOf(conversation, Math.floor(Math.random() * membersEach)), nos[conversation] ?? 0);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsed = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const postgres = secondsBetween(busy, await postgresSeconds());
  latencies.sort((a, b) => a - b);
  const rows = latencies.length;
  return {
    rows,
    rowsPerSecond: rows / elapsed,
    nodeMicros: (user + system) / rows,
    postgresMicros: (postgres * 1e6) / rows,
    p50: latencies[Math.floor(rows * 0.5)] ?? 0,
    p99: latencies[Math.floor(rows * 0.99)] ?? 0,
  };
}

/** CPU seconds of each session on our database, where this machine lets us see them; else none. */
async function postgresSeconds(): Promise<Map<number, number>> {
  const { rows } = await admin.query<{ pid: number }>('select pid from pg_stat_activity where datname = $1', [
    database,
  ]);
  return new Map(
    rows.flatMap(({ pid }) => {
      if (!existsSync(`/proc/${pid}/stat`)) return [];
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return [[pid, (Number(fields[11]) + Number(fields[12])) / 100] as const];
    }),
  );
}

/** Sessions that ended meanwhile are left out: they were idle. */
function secondsBetween(before: Map<number, number>, after: Map<number, number>): number {
  if (after.size === 0) return Number.NaN;
  return [...after].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0);
}

/** Median, and from the smallest to the largest. */
function spread(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [least = 0, middle = 0, most = 0] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  const text = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
  return `${text(middle)} (${text(least)}–${text(most)})`;
}
