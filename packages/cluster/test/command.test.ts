import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Cluster, startCluster } from '@parley/cluster';
import { createTokens, loadSpaces } from '@parley/node-kit';
import { migrate } from '@parley/store-postgres';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitHere } from '../src/commit.ts';
import type { Diagnosis } from '../src/doctor/doctor.ts';
import type { ClusterStatus } from '../src/status/cluster-status.ts';
import { root } from './fixtures/balanced.ts';
import { command, env, parley, parleyIn, run } from './fixtures/command.ts';
import { withFakeNodes } from './fixtures/fake-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-command-'));
chmodSync(folder, 0o755);
const dir = join(folder, '.parley');
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster(withFakeNodes(dir));
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('parley', () => {
  it('explains itself, and says with 2 that it was called wrongly', async () => {
    const [help, version, unknown, missing, wrong, tooMany] = await Promise.all([
      parley('--help'),
      parley('--version'),
      parley('fly'),
      parley('token', 'main'),
      parley('up', '--socket-nodes', '0'),
      parley('up', '--port-offset', '99999'),
    ]);
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('parley up --socket-nodes 5'), error: '' });
    expect(version).toEqual({ code: 0, out: `0.1.0 (${commitHere()})\n`.replace(' (undefined)', ''), error: '' });
    expect(unknown).toMatchObject({ code: 2, error: expect.stringContaining("unknown command 'fly'") });
    expect(missing).toMatchObject({ code: 2, error: expect.stringContaining("missing required argument 'user'") });
    expect(wrong).toMatchObject({ code: 2, error: expect.stringContaining('a whole number from 1 to 18.') });
    expect(tooMany).toMatchObject({ code: 2, error: expect.stringContaining('from 0 to 16000.') });
  });

  it('token prints a token that the space trusts, with the role, and nothing else', async () => {
    const { code, out } = await parley('token', 'main', 'ada', '--role', 'admin', '--name', 'Ada', '--hours', '2');
    const space = loadSpaces(join(root, 'infra/spaces.json'), {}).get('main');
    if (!space) throw new Error('no space main');
    const judged = await createTokens(space).verify(out.trim());
    expect(code).toBe(0);
    expect(out.trim().split(/\s/)).toHaveLength(1);
    expect(judged).toMatchObject({ ok: true, claims: { userId: 'ada', role: 'admin', name: 'Ada' } });
  });

  it('token names the spaces that there are when it is asked for another one', async () => {
    expect(await parley('token', 'maim', 'ada')).toMatchObject({
      code: 1,
      out: '',
      error: expect.stringMatching(/no space "maim".*→ Spaces: main, alien-fit/s),
    });
  });

  it.each([
    ['tail', 'maim', 'ada'],
    ['send', 'maim', 'ada', 'bob', 'hello'],
    ['user', 'create', 'maim', 'ada'],
  ])('%s names the spaces that there are, also where no cluster runs', async (...words) => {
    expect(await parley(...words, '--dir', join(folder, 'nothing'))).toMatchObject({
      code: 1,
      out: '',
      error: expect.stringMatching(/no space "maim".*→ Spaces: main, alien-fit/s),
    });
  });

  it.each([
    ['token', 'main', ''],
    ['send', 'main', '', 'bob', 'hello'],
    ['tail', 'main', 'a'.repeat(500)],
    ['user', 'create', 'main', ''],
  ])('%s refuses a user that no node would take, and says which field and why', async (...words) => {
    expect(await parley(...words, '--dir', dir)).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^parley: Refused \(invalid\): .*\/userId must have at /),
    });
  });

  it('takes the servers from files, and says which file cannot be read', async () => {
    const files = { DATABASE_URL_FILE: join(folder, 'database-url'), REDIS_URL_FILE: join(folder, 'gone') };
    writeFileSync(files.DATABASE_URL_FILE, `${cluster.databaseUrl}\n`);
    const { REDIS_URL_FILE: _, ...readable } = files;
    const [found, missing] = await Promise.all([
      parleyIn({ ...env, ...readable }, 'status', '--json', '--dir', join(folder, 'none')),
      parleyIn({ ...env, ...files }, 'up', '--dir', join(folder, 'none')),
    ]);
    expect(JSON.parse(found.out)).toMatchObject({ database: { up: true } });
    expect(missing).toMatchObject({ code: 1, error: expect.stringMatching(/cannot be used: REDIS_URL_FILE: ENOENT/) });
  });

  it('status shows every node, the servers and the balancer, to people without colours in a pipe', async () => {
    const { code, out } = await parley('status', '--dir', dir);
    expect(out).toMatch(/All is well, up .*: 0 connections, 0 rooms/);
    for (const row of [/a1 +api +ready +UP/, /s1 +socket +ready +UP/, /s2 +socket +ready +UP/])
      expect(out).toMatch(row);
    for (const { port, privatePort } of cluster.nodes())
      expect(out).toMatch(new RegExp(` 127.0.0.1:${port} +127.0.0.1:${privatePort}$`, 'm'));
    expect(out).toMatch(/HAProxy +up .*3 nodes up/);
    expect(out).toMatch(/PostgreSQL +up +18\./);
    expect(out).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  it('doctor says with 1, in JSON and in words, what bites the cluster of a folder', async () => {
    // A PostgreSQL for tests, without fsync and without a schema, in a shell that may open few files.
    const limited = `ulimit -n 1000; exec ${command} doctor --dir ${dir} --json`;
    const [inJson, inWords, other] = await Promise.all([
      run(env, 'sh', '-c', limited),
      parleyIn({ ...env, NODE_ENV: 'production' }, 'doctor', '--dir', dir),
      parley('doctor', '--dir', dir, '--redis-url', cluster.redisUrl),
    ]);
    const { findings, left } = JSON.parse(inJson.out) as Diagnosis;
    expect(inJson.code).toBe(1);
    expect(left).toEqual([]);
    expect(findings.map(({ problem }) => problem)).toEqual([
      expect.stringMatching('fsync is off'),
      expect.stringMatching('full_page_writes is off'),
      'the database has no schema',
      expect.stringMatching('this shell may have 1000 files open'),
    ]);
    expect(inWords.out).toMatch(/✗ error {3}PostgreSQL keeps .*: fsync is off.*\n +→ alter system set fsync = on;/);
    expect(inWords.out).toMatch(/space "main": tokens: a development secret is refused in production/);
    // Whoever names a server means that one alone.
    expect(other).toMatchObject({ code: 0, out: expect.stringMatching(/– .* replica: .*\n– schema version: nothing/) });
  });

  it('status says with 1 and in JSON what is missing', async () => {
    await cluster.kill('redis');
    await cluster.kill('s2');
    await cluster.admin.empty('api', 'a1');
    const [{ code, out }, words] = await Promise.all([
      parley('status', '--dir', dir, '--json'),
      parley('status', '--dir', dir),
    ]);
    await cluster.restart('redis');
    await cluster.restart('s2');
    await cluster.restart('a1');
    const found = JSON.parse(out) as ClusterStatus;
    expect(code).toBe(1);
    const problems = [expect.stringMatching(/^Redis does not/), 'HAProxy has no api node', 's2 answers nothing'];
    expect(words).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^Something is wrong, .*\n {2}Redis does not /),
    });
    expect(found).toMatchObject({
      healthy: false,
      problems,
      redis: { up: false },
      database: { up: true },
      haproxy: { up: true },
    });
    expect(found.nodes.find(({ slot }) => slot === 's2')).toMatchObject({ readiness: 'gone' });
    expect(found.nodes.find(({ slot }) => slot === 's1')).toMatchObject({ readiness: 'ready' });
  });

  it.each(['status', 'doctor', 'drill'])('%s --json answers in JSON also where no cluster runs', async (word) => {
    const { code, out, error } = await parley(word, '--json', '--dir', join(folder, 'nothing'));
    expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('No cluster runs from') });
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'not_running',
        message: expect.stringContaining('No cluster runs from'),
        remedy: expect.arrayContaining([expect.stringContaining('pnpm@12 start --dir ')]),
      },
    });
  });

  it('status says of a node that stands still that its process lives', async () => {
    const pid = cluster.pid('s2');
    await cluster.kill('s2', 'SIGSTOP');
    const { code, out } = await parley('status', '--dir', dir, '--json');
    await cluster.kill('s2', 'SIGCONT');
    const { nodes, problems } = JSON.parse(out) as ClusterStatus;
    expect(code).toBe(1);
    expect(nodes.find(({ slot }) => slot === 's2')).toMatchObject({ readiness: 'silent', pid });
    expect(problems).toEqual([`s2 does not answer within 2 s, and its process ${pid} lives: it is frozen or too busy`]);
  });

  it('status of a folder without a cluster says how to start one', async () => {
    const { code, error } = await parley('status', '--dir', join(folder, 'nothing'));
    expect(code).toBe(1);
    expect(error).toMatch(/No cluster runs from .*nothing.\n +→ npx --yes pnpm@12 start --dir .*nothing\n/);
  });

  it('status shows how long ago each node renewed its lease', async () => {
    const redis = new Redis(cluster.redisUrl);
    const [seconds] = await redis.time();
    await redis.zadd('{parley:presence:0}:leases', Number(seconds) * 1000 + 5_000, 's1-abcdef~xyz');
    const { out } = await parley('status', '--dir', dir, '--json');
    await redis.del('{parley:presence:0}:leases');
    redis.disconnect();
    const { leaseAgeMs } = (JSON.parse(out) as ClusterStatus).nodes.find(({ slot }) => slot === 's1') ?? {};
    expect(leaseAgeMs).toBeGreaterThan(2_900);
    expect(leaseAgeMs).toBeLessThan(8_000);
  });
});

describe('a product that moves', () => {
  const example = join(root, 'infra/moving.ndjson');
  const lines = readFileSync(example, 'utf8').split('\n');
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  beforeAll(() => migrate(cluster.databaseUrl));

  it('comes in, also packed and twice, and goes out as it came', async () => {
    const packed = join(folder, 'example.ndjson.gz');
    writeFileSync(packed, gzipSync(readFileSync(example)));
    const all = { code: 0, out: `${lines.length - 1} lines are in space tutor-go\n`, error: '' };
    expect(await parley('import', 'tutor-go', packed, '--dir', dir)).toEqual(all);
    expect(await parley('import', 'tutor-go', example, '--dir', dir)).toEqual(all);
    const exported = await parley('export', 'tutor-go', '--dir', dir);
    expect(exported).toEqual({ code: 0, out: lines.join('\n'), error: '' });
  });

  it('is refused by the number of the first bad line with the reason, or without such lines', async () => {
    // Clients of this contract know integers only.
    const group = '{"line":"conversation","id":"g","kind":"group","createdAt":"2025-01-01T00:00:00.000Z"}';
    const bad = file('bad.ndjson', lines.toSpliced(5, 0, '{"line":"user","id":""}', 'nonsense', group).join('\n'));
    expect(await parley('import', 'direct-chat', bad, '--dir', dir)).toMatchObject({
      code: 1,
      out: '',
      error: expect.stringMatching(/^parley: Line 6 is refused: \/id must have at least 1 character\n/),
    });
    const aside = join(folder, 'aside.ndjson');
    const skipped = await parley('import', 'direct-chat', bad, '--skip-bad', aside, '--dir', dir);
    expect(skipped).toMatchObject({ code: 0, out: expect.stringContaining(', but 3 that are in ') });
    const reasons = readFileSync(aside, 'utf8');
    expect(reasons).toContain('{"n":7,"reason":"/ is not valid JSON","text":"nonsense"}');
    expect(reasons).toContain('{"n":8,"reason":"/id must be an integer from 1 to 1073741823: clients of direct-chat');
  });

  it('is refused where the file is none, and says which', async () => {
    const [none, headless] = await Promise.all([
      parley('import', 'main', join(folder, 'none.ndjson'), '--dir', dir),
      parley('import', 'main', file('headless.ndjson', '{"line":"user","id":"a"}'), '--dir', dir),
    ]);
    expect(none).toMatchObject({ code: 1, error: expect.stringContaining('There is no such file') });
    expect(headless).toMatchObject({ code: 1, error: expect.stringContaining('Line 1: a file begins with') });
  });
});

describe('a restored database', () => {
  beforeAll(() => migrate(cluster.databaseUrl));

  it('gets another epoch each time, and one that is none of ours is named', async () => {
    const [first, second] = [await parley('restored', '--dir', dir), await parley('restored', '--dir', dir)];
    const epochs = [first, second].map(({ code, out }) => ({ code, epoch: out.split(' is the epoch now')[0] }));
    expect(epochs[0]).toEqual({ code: 0, epoch: expect.stringMatching(/^[0-9a-f]{16}\.00000001\.\d+$/) });
    expect(epochs[1]?.epoch).not.toBe(epochs[0]?.epoch);
    const other = { ...env, DATABASE_URL: cluster.databaseUrl.replace(/\/parley$/, '/postgres') };
    const { code, error } = await parleyIn(other, 'restored', '--dir', join(folder, 'nothing'));
    expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('it has no schema of Parley') });
  });
});
