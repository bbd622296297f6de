import { sessionOn } from '@parley/testkit';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Part, startPostgres, startRedis } from '@parley/cluster';
import { migrate } from '@parley/store-postgres';
import { Redis } from 'ioredis';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { checks, diagnose, type Diagnosis } from '../src/doctor/doctor.ts';
import type { Facts } from '../src/doctor/facts/facts.ts';
import { look, type Where } from '../src/doctor/facts/look.ts';
import { type Balanced, root, startBalanced } from './fixtures/balanced.ts';
import { nothingNamed } from './fixtures/doctor-where.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
chmodSync(folder, 0o755);
const config = readFileSync(join(root, 'haproxy.cfg'), 'utf8');
let postgres: Part;
let redis: Part;
let balanced: Balanced;
let session: Client;
let keys: Redis;
let well: Where;

beforeAll(async () => {
  const settings = { max_connections: '40', superuser_reserved_connections: '3' };
  [postgres, redis, balanced] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'pg'), logFile: join(folder, 'pg.log'), settings }),
    startRedis({ dir: join(folder, 'redis'), logFile: join(folder, 'redis.log') }),
    startBalanced(),
  ]);
  await migrate(postgres.url);
  for (const slot of ['s1', 's2', 's3']) await balanced.node('sockets', slot);
  session = await sessionOn(postgres.url);
  keys = new Redis(redis.url);
  well = {
    ...nothingNamed,
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    adminSocket: join(balanced.folder, 'admin.sock'),
    env: { PARLEY_TLS_CERT: 'packages/cluster/test/fixtures/localhost.pem' },
  };
});
afterAll(async () => {
  keys.disconnect();
  await session.end();
  await Promise.all([postgres.stop(), redis.stop(), balanced.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const doctor = async (changed: Partial<Where> = {}): Promise<Diagnosis> =>
  diagnose(await look({ ...well, ...changed }));
const found = ({ findings }: Diagnosis) => findings.map(({ check, level, problem }) => `${level} ${check}: ${problem}`);

describe('parley doctor', () => {
  it('finds nothing where nothing is broken, and has looked everywhere', async () => {
    const { healthy, findings, passed, left } = await doctor();
    expect(findings.filter(({ check }) => check !== 'file limits')).toEqual([]);
    expect({ healthy, left }).toEqual({ healthy: true, left: [] });
    expect(new Set([...passed, 'file limits'])).toEqual(new Set(checks.map(({ name }) => name)));
  });

  it.each([
    ['maxmemory-policy', 'allkeys-lru', /^warning Redis memory and eviction: maxmemory-policy is allkeys-lru/],
    ['maxmemory', '1mb', /^warning Redis memory and eviction: it uses .* of 1.0 MB/],
    ['client-output-buffer-limit', 'pubsub 1mb 512kb 60', /^error Redis output buffer of subscribers: pubsub 1048576/],
    ['client-output-buffer-limit', 'pubsub 0 0 0', /^warning Redis output buffer of subscribers: there is no limit/],
  ])('finds %s of Redis at %s, and of that of presence', async (name, value, finding) => {
    const [, before = ''] = await keys.config('GET', name);
    onTestFinished(async () => void (await keys.config('SET', name, before)));
    await keys.config('SET', name, value);
    const wanted = [finding, /: Redis of presence: /].map((each) => expect.stringMatching(each));
    expect(found(await doctor({ presenceRedisUrl: redis.url }))).toEqual(wanted);
  });

  it('calls eviction an error once there is a limit at which it begins', async () => {
    onTestFinished(async () => {
      await keys.config('SET', 'maxmemory', '0');
      await keys.config('SET', 'maxmemory-policy', 'noeviction');
    });
    await keys.config('SET', 'maxmemory', '1gb');
    await keys.config('SET', 'maxmemory-policy', 'volatile-lru');
    expect(found(await doctor())).toEqual([
      expect.stringMatching(/^error Redis memory.*people who are there are evicted/),
    ]);
  });

  it('says that it cannot see the buffers of a Redis that refuses CONFIG', async () => {
    onTestFinished(async () => void (await keys.call('ACL', 'SETUSER', 'default', '+config')));
    await keys.call('ACL', 'SETUSER', 'default', '-config');
    expect(found(await doctor())).toEqual([expect.stringMatching(/^warning Redis output buffer.*CONFIG is refused/)]);
  });

  it.each([
    ['fsync', /^error PostgreSQL keeps what it acknowledged: fsync is off/],
    ['full_page_writes', /^error PostgreSQL keeps what it acknowledged: full_page_writes is off/],
    ['synchronous_commit', /^warning PostgreSQL keeps what it acknowledged: synchronous_commit is off/],
  ])('finds %s of PostgreSQL off', async (name, finding) => {
    const set = async (change: string) => {
      await session.query(`alter system ${change}`);
      await session.query('select pg_reload_conf()');
    };
    onTestFinished(() => set(`reset ${name}`));
    await set(`set ${name} = off`);
    // The postmaster reloads when the signal reaches it; a new session sees what it has then.
    await expect.poll(async () => found(await doctor())).toEqual([expect.stringMatching(finding)]);
  });

  it('finds nodes, and workers of nodes, that may open more connections than the server takes', async () => {
    const node = await balanced.node('sockets', 's4');
    onTestFinished(() => balanced.haproxy.admin.empty('sockets', 's4'));
    expect(found(await doctor())).toEqual([
      'error PostgreSQL connections: 4 processes of nodes may open 8 connections each, and 10 are for people: 42 of 37',
    ]);
    node.page = [1, 2].map((i) => `parley_store_pool_waiting_requests{worker="${i}"} 0\n`).join('');
    expect(found(await doctor())).toEqual([expect.stringMatching(/5 processes of nodes .*: 50 of 37$/)]);
  });

  it('finds a replica that is none, and one that does not answer', async () => {
    expect(found(await doctor({ env: { DATABASE_REPLICA_URL: postgres.url } }))).toEqual([
      expect.stringMatching(/^error PostgreSQL replica: DATABASE_REPLICA_URL is not a replica/),
    ]);
    const nobody = `postgres://127.0.0.1:${await freePort()}/postgres`;
    expect(found(await doctor({ env: { DATABASE_REPLICA_URL: nobody } }))).toEqual([
      expect.stringMatching(/^error .*the replica/),
    ]);
  });

  it.each([
    [{ replays: true, ours: false, behindBytes: 0 }, /^error PostgreSQL replica: the replica replays another/],
    [
      { replays: true, ours: true, behindBytes: 40_000_000 },
      /^warning PostgreSQL replica: the replica is 38 MB behind/,
    ],
  ])('finds a replica of which %o was seen', async (replica, finding) => {
    expect(found(diagnose({ ...(await look(well)), replica }))).toEqual([expect.stringMatching(finding)]);
  });

  it.each([
    [
      "update migrations set name = 'theirs' where number = 1",
      /^error schema version: step 1 of the schema is "theirs"/,
    ],
    [
      'delete from migrations where number = (select max(number) from migrations)',
      /^warning schema version: the schema lacks/,
    ],
    [
      "insert into migrations values (999, 'later', 'survive')",
      /^warning schema version: .* newer than this version: 999/,
    ],
    [
      "insert into migrations values (999, 'later', 'must-stop')",
      /^error schema version: .* cannot live beside step 999/,
    ],
    ['alter table migrations rename to migrations_away', /^error schema version: the database has no schema/],
  ])('finds a schema that is not ours: %s', async (change, finding) => {
    await session.query('create table kept as table migrations');
    onTestFinished(async () => {
      await session.query('alter table if exists migrations_away rename to migrations');
      await session.query('truncate migrations; insert into migrations table kept; drop table kept');
    });
    await session.query(change);
    expect(found(await doctor())).toEqual([expect.stringMatching(finding)]);
  });

  it.each([
    [
      'a tunnel that ends between pings',
      /timeout tunnel 1h/,
      'timeout tunnel 30s',
      /timeout tunnel is 30000 ms: it cuts WebSockets/,
    ],
    [
      'a short wait for clients',
      /timeout client 60s/,
      'timeout client 10s',
      /timeout client is 10000 ms: it cuts long-polling/,
    ],
    ['no time limit for nodes', /timeout server 60s/, '', /timeout server is not set/],
    ['a reload that ends soon', /hard-stop-after 1h/, 'hard-stop-after 30s', /hard-stop-after is 30000 ms/],
    ['a sticky cookie', /http-reuse never/, 'cookie node insert', /a cookie sends clients back to a node that drains/],
    ['a drain that looks like death', /http-check disable-on-404/, '', /a node that drains \(404\) is called down/],
    ['sessions that wander', /use-server .*/, '', /long-polling sessions do not stay/],
    [
      'a check that cuts clients',
      /default-server check/,
      'default-server check on-marked-down shutdown-sessions',
      /loses all its clients at once/,
    ],
  ])('finds in haproxy.cfg: %s', async (_, line, otherwise, finding) => {
    const broken = join(folder, 'haproxy.cfg');
    writeFileSync(broken, config.replace(line, otherwise));
    expect(found(await doctor({ haproxyConfig: broken }))).toEqual([expect.stringMatching(finding)]);
  });

  it('finds an HAProxy that takes few connections', async () => {
    const [, max] = /Maxconn: (\d+)/.exec(await balanced.haproxy.admin.ask('show info')) ?? [];
    onTestFinished(async () => void (await balanced.haproxy.admin.ask(`set maxconn global ${max}`)));
    await balanced.haproxy.admin.ask('set maxconn global 500');
    expect(found(await doctor())).toEqual([
      expect.stringMatching(/^warning HAProxy has room .* it takes 500 connections only/),
    ]);
  });

  it.each([
    ['ends soon', 'localhost.pem', '2126-10-20', /^warning .*localhost.pem ends in 8 days$/],
    ['has ended', 'localhost.pem', '2126-11-02', /^error .*localhost.pem ended 4 days ago/],
    ['is none', 'names.ts', '2026-12-01', /^error .*names.ts cannot be read: /],
  ])('finds a certificate of HAProxy that %s', async (_, file, day, finding) => {
    const PARLEY_TLS_CERT = join(root, 'packages/cluster/test/fixtures', file);
    const late = await doctor({ env: { PARLEY_TLS_CERT }, now: () => Date.parse(day) });
    expect(found(late).filter((line) => line.includes('certificate'))).toEqual([expect.stringMatching(finding)]);
  });

  it('finds a clock that is wrong by what all the others say', async () => {
    const late = await doctor({ now: () => Date.now() - 60_000 });
    const clocks = late.findings.filter(({ check }) => check === 'clocks agree');
    expect(clocks.map(({ level, problem }) => `${level} ${problem.split(' ahead')[0]}`)).toEqual(
      ['Redis', 'PostgreSQL', 'node s1', 'node s2', 'node s3'].map((name) =>
        expect.stringMatching(`^error ${name} is (59|60|61)\\.\\d s$`),
      ),
    );
  });

  it('finds secrets of development, open origins, missing TLS and mistyped variables in production', async () => {
    const { findings } = await doctor({ env: { NODE_ENV: 'production', PARLEY_TSL: 'required' } });
    expect(findings.map(({ problem }) => problem)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^space "main": tokens: a development secret is refused in production; write "secretEnv"/,
        ),
        expect.stringMatching(/^PARLEY_TLS: production serves nobody in the clear/),
        expect.stringMatching(/^PARLEY_FILES_SECRET: a development secret is refused/),
        expect.stringMatching(/^space "main": origins: production opens no space to every web page/),
        'PARLEY_TSL is read by nothing: is PARLEY_TLS meant?',
      ]),
    );
  });

  it('names each server that does not answer, and judges the others', async () => {
    const diagnosis = await doctor({ redisUrl: `redis://127.0.0.1:${await freePort()}` });
    expect(found(diagnosis)).toEqual([
      expect.stringMatching(/^error servers answer: Redis does not answer: .*ECONNREFUSED/),
    ]);
    expect(diagnosis.passed).toContain('schema version');
    expect(diagnosis.left).toEqual([
      'Redis version',
      'Redis Cluster',
      'Redis memory and eviction',
      'Redis output buffer of subscribers',
    ]);
  });

  // Servers that this machine does not have: what was seen of the real ones, but for one number.
  it.each<[string, (facts: Facts) => Facts, RegExp]>([
    [
      'an old Redis',
      (facts) => ({ ...facts, redis: seen(facts.redis).map((each) => ({ ...each, version: '6.2.14' })) }),
      /^error Redis version: Redis 6.2.14 has no sharded pub\/sub/,
    ],
    [
      'an old PostgreSQL',
      (facts) => ({ ...facts, postgres: { ...seen(facts.postgres), version: 150_004 } }),
      /^error PostgreSQL version: PostgreSQL 15 is too old/,
    ],
  ])('finds %s', async (_, change, finding) => {
    const diagnosis = diagnose(change(await look(well)));
    expect(found(diagnosis)).toEqual([expect.stringMatching(finding)]);
    expect(diagnosis).toMatchObject({ healthy: false, findings: [{ remedy: expect.stringMatching(/./) }] });
  });
});

function seen<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('a server did not answer');
  return part;
}
