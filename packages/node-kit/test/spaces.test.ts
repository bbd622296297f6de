import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { developmentSecret, type Env, loadSpaces, Misconfiguration, talkRuleIn } from '@parley/node-kit';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'parley-spaces-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'spaces.json');
const production = { NODE_ENV: 'production' };
const longSecret = 'x'.repeat(32);

function load(spaces: unknown, env: Env = {}) {
  writeFileSync(path, JSON.stringify({ spaces }));
  return loadSpaces(path, env);
}

function problems(spaces: unknown, env: Env = {}): readonly string[] {
  try {
    load(spaces, env);
    return [];
  } catch (error) {
    if (error instanceof Misconfiguration) return error.problems;
    throw error;
  }
}

const main = (tokens: object, more: object = {}) => ({ main: { dialect: 'native', tokens, ...more } });

describe('the file of spaces', () => {
  it('of the repository loads in development, and is refused in production', () => {
    const checkedIn = fileURLToPath(new URL('../../../infra/spaces.json', import.meta.url));
    expect(loadSpaces(checkedIn, {}).get('main')).toMatchObject({ name: 'main', dialect: 'native', port: 8080 });
    expect(() => loadSpaces(checkedIn, production)).toThrow('development secret is refused in production');
  });

  it('takes the example of infra/spaces.md, in production with its variable set and not without', () => {
    const page = readFileSync(new URL('../../../infra/spaces.md', import.meta.url), 'utf8');
    const { spaces }: { spaces: unknown } = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    expect(load(spaces, { ...production, MY_PRODUCT_SECRET: longSecret }).get('my-product')?.port).toBe(8090);
    expect(problems(spaces, production)).toEqual([
      'space "my-product": tokens.secretEnv: the variable MY_PRODUCT_SECRET is not set',
    ]);
  });

  it('gives every space its budgets, and its own where it names some', () => {
    const space = load(
      main({ secret: longSecret }, { limits: { budgets: { send: { points: 5, windowMs: 1000 } } } }),
    ).get('main');
    expect(space?.budgets).toMatchObject({ send: { points: 5, windowMs: 1000 }, read: { points: expect.any(Number) } });
  });

  it('lets anybody talk in a space, unless it names another rule, and nobody in a space that is not there', () => {
    const tokens = { secret: longSecret };
    const spaces = load({ a: { dialect: 'native', tokens }, b: { dialect: 'native', tokens, talk: 'booked' } });
    expect(['a', 'b', 'c'].map((name) => talkRuleIn(spaces, name))).toEqual(['anybody', 'booked', 'support']);
    expect(problems(main(tokens, { talk: 'friends' })).join()).toContain('/spaces/main/talk');
  });

  it('may leave the secret to the environment', () => {
    const entry = main({ secretEnv: 'MAIN_SECRET' }, { origins: [] });
    const key = { from: 'secret', secret: longSecret };
    expect(load(entry, { MAIN_SECRET: longSecret, ...production }).get('main')?.tokens.key).toEqual(key);
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, `${longSecret}\n`);
    expect(load(entry, { MAIN_SECRET_FILE: secretFile, ...production }).get('main')?.tokens.key).toEqual(key);
    expect(problems(entry, { MAIN_SECRET_FILE: join(folder, 'gone') })).toEqual([
      expect.stringMatching(/^space "main": tokens.secretEnv: MAIN_SECRET_FILE: ENOENT/),
    ]);
    expect(problems(main({ secretEnv: 'MAIN_SECRET' }))).toEqual([
      'space "main": tokens.secretEnv: the variable MAIN_SECRET is not set',
    ]);
  });

  it('finds a key set beside itself', () => {
    expect(load(main({ jwksFile: 'keys.json' })).get('main')?.tokens.key).toEqual({
      from: 'file',
      path: join(folder, 'keys.json'),
    });
  });

  it('lets a space have accounts where Parley can sign, for fifteen minutes and thirty days unless it says otherwise', () => {
    const space = load(main({ secret: longSecret }, { accounts: { accessMs: 60_000 } })).get('main');
    expect(space?.accounts).toEqual({ accessMs: 60_000, refreshMs: 30 * 86_400_000 });
    expect(load(main({ secret: longSecret })).get('main')?.accounts).toBeUndefined();
    expect(problems(main({ jwksUrl: 'https://x.example/keys' }, { accounts: {} }))).toEqual([
      'space "main": accounts: Parley signs their tokens itself, which needs tokens.secretEnv',
    ]);
  });

  it('takes a name for its secret, and older ones by theirs from the environment', () => {
    const tokens = { secret: longSecret, kid: 'two', retired: { one: 'OLD' } };
    const key = load(main(tokens), { OLD: `${longSecret}!` }).get('main')?.tokens.key;
    expect(key).toMatchObject({ kid: 'two', retired: new Map([['one', `${longSecret}!`]]) });
    expect(problems(main(tokens), { OLD: 'short' })).toEqual([
      'space "main": tokens.retired: the variable OLD holds no secret of at least 32 bytes',
    ]);
    expect(problems(main({ ...tokens, kid: 'one' }), { OLD: longSecret })).toEqual([
      'space "main": tokens.retired: one is the secret that signs',
    ]);
  });

  it.each<[string, unknown, Env, string]>([
    ['a secret of 31 bytes', main({ secret: 'x'.repeat(31) }), {}, 'has 31 bytes, HS256 needs 32'],
    ['an empty secret', main({ secret: '' }), {}, 'has 0 bytes'],
    ['the development secret of another space', main({ secret: developmentSecret('x') }), {}, 'HS256 needs 32'],
    [
      'a development secret in production',
      main({ secret: developmentSecret('main') }),
      production,
      '"secretEnv": "PARLEY_SECRET_MAIN" in place of "secret"',
    ],
    [
      'a development secret of production by environment',
      main({ secretEnv: 'S' }),
      { S: developmentSecret('precious-jewellery'), ...production },
      'refused in production; set S to a secret of your own',
    ],
    [
      'a retired development secret in production',
      main({ secret: longSecret, retired: { one: 'OLD' } }),
      { OLD: developmentSecret('precious-jewellery'), ...production },
      'refused in production; take one out',
    ],
    [
      'a retired secret of which there is no file',
      main({ secret: longSecret, retired: { one: 'OLD' } }),
      { OLD_FILE: '/nowhere' },
      'tokens.retired: OLD_FILE: ENOENT',
    ],
    ['no origins said in production', main({ secret: longSecret }), production, 'production wants them said; name'],
    [
      'every origin in production',
      main({ secret: longSecret }, { origins: ['https://a.example', '*'] }),
      production,
      'production opens no space to every web page (*); name the web pages',
    ],
    ['no key', main({}), {}, 'exactly one of'],
    ['two keys', main({ secret: longSecret, jwksFile: 'x' }), {}, 'exactly one of'],
    ['HS256 with a key set', main({ jwksFile: 'x', algorithms: ['HS256'] }), {}, 'HS256 cannot be verified'],
    [
      'RS256 with a secret',
      main({ secret: longSecret, algorithms: ['HS256', 'RS256'] }),
      {},
      'RS256 cannot be verified',
    ],
    [
      'a key set over http in production',
      main({ jwksUrl: 'http://keys.example' }),
      production,
      'production demands https',
    ],
    ['algorithm none', main({ secret: longSecret, algorithms: ['none'] }), {}, '/spaces/main/tokens/algorithms/0'],
    ['a word that nobody knows', main({ secret: longSecret, expires: false }), {}, '/spaces/main/tokens'],
    ['no space', {}, {}, 'names no space'],
    [
      'a contract that nobody speaks',
      { main: { dialect: 'direct-chatt', tokens: { secret: longSecret } } },
      {},
      '/spaces/main/dialect must be one of "native", "alien-fit"',
    ],
    ['a name that is none', { 'Main Space': { dialect: 'native', tokens: { secret: longSecret } } }, {}, '/spaces'],
    [
      'an origin with a path',
      main({ secret: longSecret }, { origins: ['https://a.example/x'] }),
      {},
      '/spaces/main/origins/0',
    ],
  ])('is refused with %s', (_, spaces, env, problem) => {
    expect(problems(spaces, env).join('\n')).toContain(problem);
  });

  it('tells the problems of all spaces at once', () => {
    const two = { a: { dialect: 'native', tokens: {} }, b: { dialect: 'native', tokens: { secret: 'short' } } };
    expect(problems(two).map((problem) => problem.slice(0, 9))).toEqual(['space "a"', 'space "a"', 'space "b"']);
  });

  it('that is not there, or no JSON, is named', () => {
    expect(() => loadSpaces(join(folder, 'missing.json'), {})).toThrow('missing.json');
    writeFileSync(path, '{');
    expect(() => loadSpaces(path, {})).toThrow(Misconfiguration);
  });
});
