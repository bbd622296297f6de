import { sessionOn } from '@parley/testkit';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Part, startPostgres } from '@parley/cluster';
import { migrate, settingsOf } from '@parley/store-postgres';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { diagnose, type Diagnosis } from '../src/doctor/doctor.ts';
import type { Facts } from '../src/doctor/facts/facts.ts';
import { look, type Where } from '../src/doctor/facts/look.ts';
import { nothingNamed } from './fixtures/doctor-where.ts';
import { startForgetfulPooler } from './fixtures/forgetful-pooler.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-shell-'));
chmodSync(folder, 0o755);
let postgres: Part;
let session: Client;
let well: Where;

beforeAll(async () => {
  postgres = await startPostgres({ dataDir: join(folder, 'pg'), logFile: join(folder, 'pg.log') });
  await migrate(postgres.url);
  session = await sessionOn(postgres.url);
  well = { ...nothingNamed, databaseUrl: postgres.url };
});
afterAll(async () => {
  await session.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

const doctor = async (changed: Partial<Where> = {}): Promise<Diagnosis> =>
  diagnose(await look({ ...well, ...changed }));
const found = ({ findings }: Diagnosis) =>
  findings
    .filter(({ check }) => check !== 'file limits')
    .map(({ check, level, problem }) => `${level} ${check}: ${problem}`);

describe('parley doctor behind a pooler', () => {
  it('finds the settings of nodes that do not arrive, until each is set for the database', async () => {
    const pooler = await startForgetfulPooler(postgres.url);
    onTestFinished(async () => {
      pooler.close();
      await session.query('alter database postgres reset all');
    });
    const behind = async () => found(await doctor({ databaseUrl: pooler.url }));
    expect(await behind()).toEqual([
      expect.stringMatching(
        /^error PostgreSQL pooler: the settings that a node sends .* do not arrive: .*lock_timeout is 0, not 2000/,
      ),
    ]);
    const settings = Object.entries(settingsOf('reads and changes'));
    for (const [name, value] of settings) await session.query(`alter database postgres set ${name} = '${value}'`);
    expect(await behind()).toEqual([]);
    await session.query("alter database postgres set plan_cache_mode = 'auto'");
    expect(await behind()).toEqual([
      expect.stringMatching(/do not arrive: plan_cache_mode is auto, not force_generic_plan$/),
    ]);
  });

  it('asks the server that DATABASE_DIRECT_URL names, and is content with it', async () => {
    const DATABASE_DIRECT_URL = postgres.url;
    expect(await look({ ...well, env: { DATABASE_DIRECT_URL } })).toMatchObject({ direct: { sharesSessions: false } });
    expect(found(await doctor({ env: { DATABASE_DIRECT_URL } }))).toEqual([]);
    const nobody = `postgres://127.0.0.1:${await freePort()}/postgres`;
    expect(found(await doctor({ env: { DATABASE_DIRECT_URL: nobody } }))).toEqual([
      expect.stringMatching(/^error servers answer: DATABASE_DIRECT_URL does not answer/),
    ]);
  });

  // A server that this machine does not have: what was seen of the real one, but for what its pooler does.
  it.each<[string, Facts['direct'], boolean, RegExp[]]>([
    ['loses prepared statements', 'none', false, [/^error PostgreSQL pooler: prepared statements are lost/]],
    ['is all there is', 'none', true, [/^warning PostgreSQL pooler: .* lock of migrations/]],
    ['has the server itself beside it', { sharesSessions: false }, true, []],
    ['has another one beside it', { sharesSessions: true }, true, [/^error .*: DATABASE_DIRECT_URL names a pooler/]],
  ])('judges a pooler by transaction that %s', async (_, direct, keepsStatements, findings) => {
    const facts = await look(well);
    if (!facts.postgres || !direct) throw new Error('PostgreSQL did not answer');
    const pooler = { lacking: [], sharesSessions: true, keepsStatements };
    expect(found(diagnose({ ...facts, direct, postgres: { ...facts.postgres, pooler } }))).toEqual(
      findings.map((finding) => expect.stringMatching(finding)),
    );
  });
});

describe('parley doctor of its shell', () => {
  it.each([
    [{}, 'development'],
    [{ NODE_ENV: 'production' }, 'production'],
  ])('says whose environment it judged: %o', async (env, environment) => {
    expect(await doctor({ databaseUrl: undefined, env })).toMatchObject({ environment });
  });

  it('finds processes that may have few files open, and none that may have enough', async () => {
    const facts = await look(well);
    const fileLimits = [
      { name: 'this shell', max: 8_192 },
      { name: 's1', max: 8_191 },
      { name: 'haproxy', max: Number.POSITIVE_INFINITY },
    ];
    const { findings } = diagnose({ ...facts, fileLimits });
    expect(findings.filter(({ check }) => check === 'file limits')).toEqual([
      {
        check: 'file limits',
        level: 'warning',
        problem: 's1 may have 8191 files open, and each connection is one',
        remedy: expect.stringMatching(/ulimit -n .*LimitNOFILE/),
      },
    ]);
  });
});
