import { Misconfiguration, readConfig } from '@parley/node-kit';
import { describe, expect, it } from 'vitest';

const enough = {
  PARLEY_PORT: '22001',
  PARLEY_PRIVATE_PORT: '23001',
  DATABASE_URL: 'postgres://parley@127.0.0.1/parley',
  REDIS_URL: 'redis://127.0.0.1',
};

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
      filesPath: '.parley/files',
      filesSecret: 'dev-only-secret-for-links-of-files',
      urls: new Map(),
      production: false,
      tryOut: true,
    });
  });

  it('serves no pages to try contracts at in production, unless it is told to', () => {
    const PARLEY_FILES_SECRET = 'a secret of thirty-two characters';
    const tryOut = (more: object) => readConfig({ ...enough, ...more }).tryOut;
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
    const production = { NODE_ENV: 'production' };
    expect(problems(production)).toEqual([expect.stringContaining('PARLEY_FILES_SECRET: a development secret')]);
    expect(problems({ PARLEY_FILES_SECRET: 'short' })).toEqual([expect.stringContaining('PARLEY_FILES_SECRET')]);
    const read = readConfig({ ...enough, ...production, PARLEY_FILES_SECRET: filesSecret });
    expect(read.filesSecret).toBe(filesSecret);
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
