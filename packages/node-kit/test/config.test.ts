import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { announce, createLogger, Environment, Misconfiguration, readConfig, readStart } from '@parley/node-kit';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const enough = {
  PARLEY_PORT: '22001',
  PARLEY_PRIVATE_PORT: '23001',
  DATABASE_URL: 'postgres://parley@127.0.0.1/parley',
  REDIS_URL: 'redis://127.0.0.1',
};

describe('a start', () => {
  it('tells what is wrong with the environment and with the file of spaces at once', () => {
    const PARLEY_SPACES = file('spaces.json', JSON.stringify({ spaces: { a: { dialect: 'native', tokens: {} } } }));
    const error = failureOf(() => readStart({ ...enough, PARLEY_SLOT: 'long', PARLEY_SPACES }));
    expect(error.message).toMatch(/^The environment and the file of spaces .*spaces.json cannot be used:/);
    expect(error.problems).toEqual([
      expect.stringMatching(/^PARLEY_SLOT has another form: .*two of a-z and 0-9, such as s1$/),
      'space "a": tokens: name exactly one of secret, secretEnv, jwksFile and jwksUrl',
      expect.stringMatching(/^space "a": tokens: the secret has 0 bytes/),
    ]);
  });
});

describe('a variable whose name is mistyped', () => {
  const { PARLEY_PORT, ...others } = enough;
  const PARLEY_SPACES = fileURLToPath(new URL('../../../infra/spaces.json', import.meta.url));

  it('is named beside what is missing for it', () => {
    const error = failureOf(() => readStart({ ...others, PARLEY_SPACES, PARLEY_PROT: PARLEY_PORT }));
    expect(error.problems).toEqual([
      expect.stringMatching(/^PARLEY_PORT is not set/),
      'PARLEY_PROT is read by nothing: is PARLEY_PORT meant?',
    ]);
  });

  it('is no reason not to start, and the first that the log says after which build it is', () => {
    const told = readStart({ ...enough, PARLEY_SPACES, PARLEY_COMMIT: '0bb1af8', PARLEY_DRIAN_MS: '1' });
    const lines: unknown[] = [];
    announce(createLogger(told.config, { write: (line) => void lines.push(JSON.parse(line)) }), told);
    expect(lines).toMatchObject([
      {
        msg: 'starting',
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        commit: '0bb1af8',
        runtime: process.version,
      },
      { level: 40, msg: 'PARLEY_DRIAN_MS is read by nothing: is PARLEY_DRAIN_MS meant?' },
    ]);
  });
});

describe('the configuration of a node', () => {
  it('needs two ports and two addresses, and has defaults for the rest', () => {
    expect(readConfig(enough)).toEqual({
      nodeId: expect.stringMatching(/^s1-[0-9a-f]{8}$/),
      slot: 's1',
      host: '127.0.0.1',
      port: 22001,
      privatePort: 23001,
      databaseUrl: enough.DATABASE_URL,
      redisUrl: enough.REDIS_URL,
      presenceRedisUrl: enough.REDIS_URL,
      spacesPath: 'infra/spaces.json',
      logLevel: 'info',
      drainMs: 5000,
      workers: 1,
      traces: undefined,
      filesPath: '.parley/files',
      filesSecret: 'dev-only-secret-for-links-of-files',
      urls: new Map(),
      production: false,
      tlsRequired: false,
      tryOut: true,
    });
  });

  it('serves no pages to try contracts at in production, unless it is told to', () => {
    const PARLEY_FILES_SECRET = 'a secret of thirty-two characters';
    const tryOut = (more: object) => readConfig({ ...enough, PARLEY_TLS: 'required', ...more }).tryOut;
    expect(tryOut({ NODE_ENV: 'production', PARLEY_FILES_SECRET })).toBe(false);
    expect(tryOut({ NODE_ENV: 'production', PARLEY_FILES_SECRET, PARLEY_TRY_OUT: 'on' })).toBe(true);
    expect(tryOut({ PARLEY_TRY_OUT: 'off' })).toBe(false);
  });

  it('takes some nodes of a Redis Cluster, and another Redis for presence', () => {
    const cluster = 'redis://127.0.0.1:7001,redis://127.0.0.1:7002';
    expect(readConfig({ ...enough, REDIS_URL: cluster, PRESENCE_REDIS_URL: 'rediss://presence' })).toMatchObject({
      redisUrl: cluster,
      presenceRedisUrl: 'rediss://presence',
    });
    expect(() => readConfig({ ...enough, REDIS_URL: 'redis://127.0.0.1:7001,127.0.0.1:7002' })).toThrow('REDIS_URL');
  });

  it('refuses the development secret of the links of files in production, and a short one everywhere', () => {
    const filesSecret = 'a secret of thirty-two characters';
    const problems = (more: object) => failureOf(() => readConfig({ ...enough, ...more })).problems;
    const production = { NODE_ENV: 'production', PARLEY_TLS: 'required' };
    expect(problems(production)).toEqual([expect.stringContaining('PARLEY_FILES_SECRET: a development secret')]);
    expect(problems({ PARLEY_FILES_SECRET: 'short' })).toEqual([expect.stringContaining('PARLEY_FILES_SECRET')]);
    const read = readConfig({ ...enough, ...production, PARLEY_FILES_SECRET: filesSecret });
    expect(read.filesSecret).toBe(filesSecret);
  });

  it('refuses the password of development in production, wherever a URL of the database says it', () => {
    const production = { NODE_ENV: 'production', PARLEY_TLS: 'required', PARLEY_FILES_SECRET: 'x'.repeat(32) };
    const names = ['DATABASE_URL', 'DATABASE_DIRECT_URL', 'DATABASE_REPLICA_URL'] as const;
    const { DATABASE_URL, ...others } = enough;
    const all = (url: string) => Object.fromEntries(names.map((name) => [name, url]));
    const ofDevelopment = [
      'postgres://parley:parley@postgres:5432/parley',
      'postgres://parley:p%61rley@/parley?host=/run/pg',
      'postgres://parley@postgres/parley?password=parley',
    ];
    const refused = names.map((name) => expect.stringMatching(`^${name}: the password of development .*ALTER ROLE`));
    for (const url of ofDevelopment) {
      expect(failureOf(() => readConfig({ ...others, ...production, ...all(url) })).problems).toEqual(refused);
      expect(readConfig({ ...others, ...all(url) })).toMatchObject({ databaseUrl: url });
    }
    const DATABASE_URL_FILE = file('known', `${ofDevelopment[0]}\n`);
    expect(failureOf(() => readConfig({ ...others, ...production, DATABASE_URL_FILE })).problems).toEqual(
      refused.slice(0, 1),
    );
    for (const url of [DATABASE_URL, 'postgres://parley:own%20one@db/parley', 'postgres://parley:%zz@db/parley'])
      expect(readConfig({ ...others, ...production, ...all(url) })).toMatchObject({ databaseUrl: url });
  });

  it('runs as many workers as are said, or as there are cores, and refuses other numbers', () => {
    const workers = (WORKERS: string) => readConfig({ ...enough, WORKERS }).workers;
    const few = ['1', '9', '10', '59', '64'].map(workers);
    expect(few).toEqual([1, 9, 10, 59, 64]);
    expect(workers('auto')).toBe(availableParallelism());
    for (const wrong of ['0', '65', '100', '-1', '2.5', '08', 'AUTO', 'many'])
      expect(() => workers(wrong), wrong).toThrow('WORKERS has another form');
  });

  it('checks what the exporter of traces reads itself, and its page names nothing that is not in the table', () => {
    const said = {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x,x-tenant=',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    };
    expect(readConfig({ ...enough, ...said })).toMatchObject({ traces: undefined });
    for (const wrong of [{ OTEL_EXPORTER_OTLP_HEADERS: 'Bearer x' }, { OTEL_EXPORTER_OTLP_TIMEOUT: '0' }])
      expect(() => readConfig({ ...enough, ...wrong })).toThrow(Object.keys(wrong)[0]);
    const page = readFileSync(new URL('../../../infra/environment.md', import.meta.url), 'utf8');
    const named = new Set(page.match(/\bOTEL_\w+/g));
    expect([...named].filter((name) => !(name in Environment.properties))).toEqual([]);
    expect(named).toContain('OTEL_EXPORTER_OTLP_TIMEOUT');
  });

  it('takes the addresses of spaces, and nothing else in their place', () => {
    const urls = (text: string) => readConfig({ ...enough, PARLEY_URLS: text }).urls;
    expect([...urls('main=https://chat.example,alien-fit=http://127.0.0.1:3000')]).toEqual([
      ['main', 'https://chat.example'],
      ['alien-fit', 'http://127.0.0.1:3000'],
    ]);
    for (const wrong of ['https://chat.example', 'main=chat.example', 'main=https://chat.example/', 'main=https://a b'])
      expect(() => urls(wrong)).toThrow('PARLEY_URLS');
  });

  it('takes a variable that is set to nothing for one that is not set', () => {
    expect(readConfig({ ...enough, PARLEY_HOST: '', PARLEY_NODE_ID: '' })).toMatchObject({ host: '127.0.0.1' });
  });

  it('tells everything that is wrong at once, each with its remedy', () => {
    const wrong = {
      PARLEY_PORT: '40000',
      PARLEY_SLOT: 'long',
      PARLEY_DRAIN_MS: 'soon',
      DATABASE_URL: 'mysql://x',
      NODE_ENV: 'prod',
    };
    const error = failureOf(() => readConfig(wrong));
    const named = new Set(error.problems.map((problem) => problem.split(' ')[0]));
    expect(named).toEqual(new Set([...Object.keys(wrong), 'PARLEY_PRIVATE_PORT', 'REDIS_URL']));
    expect(error.message).toContain('REDIS_URL is not set: Redis, such as redis://127.0.0.1:6379');
  });

  it('refuses what cannot work and says how it would: a URL with a bare # in its password, one port for two, an unknown level', () => {
    const problems = (more: object) => failureOf(() => readConfig({ ...enough, ...more })).problems;
    for (const name of ['DATABASE_URL', 'DATABASE_DIRECT_URL', 'DATABASE_REPLICA_URL'])
      expect(problems({ [name]: 'postgres://parley:se#cret@db/parley' })).toEqual([
        `${name} is no URL: percent-encode : / ? # @ % in its password (# is %23, @ is %40)`,
      ]);
    for (const DATABASE_URL of ['postgres://parley:se,cret@db/parley', 'postgres://parley:p@/parley?host=/run/pg'])
      expect(readConfig({ ...enough, DATABASE_URL })).toMatchObject({ databaseUrl: DATABASE_URL });
    for (const name of ['REDIS_URL', 'PRESENCE_REDIS_URL'])
      expect(problems({ [name]: 'redis://a:7001, redis://:se#cret@b:7002' })).toEqual([
        expect.stringMatching(`^${name} is no URL: `),
      ]);
    expect(problems({ REDIS_URL: 'http://:se#cret@redis:6379' })).toEqual([
      expect.stringMatching(/^REDIS_URL has another form: /),
    ]);
    expect(problems({ PARLEY_PRIVATE_PORT: enough.PARLEY_PORT })).toEqual([
      'PARLEY_PRIVATE_PORT is 22001, as PARLEY_PORT is: a node listens at both',
    ]);
    expect(readConfig({ ...enough, PARLEY_PORT: '0', PARLEY_PRIVATE_PORT: '0' })).toMatchObject({ privatePort: 0 });
    expect(problems({ PARLEY_LOG_LEVEL: 'loud' })).toEqual([
      expect.stringMatching(/^PARLEY_LOG_LEVEL has to be one of fatal, error, warn, info, debug, trace, silent: /),
    ]);
  });

  it('takes the URLs of its servers from files, without the line break at their end', () => {
    const { DATABASE_URL, REDIS_URL, ...ports } = enough;
    const files = { DATABASE_URL_FILE: file('db', `${DATABASE_URL}\n`), REDIS_URL_FILE: file('redis', REDIS_URL) };
    expect(readConfig({ ...ports, ...files })).toMatchObject({ databaseUrl: DATABASE_URL, redisUrl: REDIS_URL });
    const more = {
      PRESENCE_REDIS_URL_FILE: file('presence', 'redis://presence\n'),
      PARLEY_FILES_SECRET_FILE: file('files', 'a secret of thirty-two characters\n'),
    };
    expect(readConfig({ ...enough, ...more })).toMatchObject({
      presenceRedisUrl: 'redis://presence',
      filesSecret: 'a secret of thirty-two characters',
    });
    expect(failureOf(() => readConfig({ ...ports, DATABASE_URL_FILE: join(folder, 'gone') })).problems).toEqual([
      expect.stringMatching(/^DATABASE_URL_FILE: ENOENT.*gone/),
      expect.stringMatching(/^REDIS_URL is not set/),
    ]);
    expect(failureOf(() => readConfig({ ...enough, REDIS_URL_FILE: file('both', 'x') })).problems).toEqual([
      'REDIS_URL and REDIS_URL_FILE are both set: keep one',
    ]);
    expect(failureOf(() => readConfig({ ...ports, DATABASE_URL, REDIS_URL_FILE: file('none', '\n') })).message).toMatch(
      /REDIS_URL_FILE: the file .*none is empty/,
    );
  });

  it('does not start in the clear in production, and says how TLS is had', () => {
    const PARLEY_FILES_SECRET = 'a secret of thirty-two characters';
    const production = { ...enough, NODE_ENV: 'production', PARLEY_FILES_SECRET };
    expect(failureOf(() => readConfig(production)).problems).toEqual([
      expect.stringMatching(/^PARLEY_TLS: .*PARLEY_TLS_CERT.*PARLEY_FORWARDED_PROTO=https.*set PARLEY_TLS=required/),
    ]);
    expect(readConfig({ ...production, PARLEY_TLS: 'required' })).toMatchObject({ tlsRequired: true });
  });

  it('leaves the environment as it was', () => {
    const env = Object.freeze({ ...enough });
    readConfig(env);
    expect(Object.keys(env)).toEqual(Object.keys(enough));
  });
});

function failureOf(attempt: () => unknown): Misconfiguration {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Misconfiguration) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
