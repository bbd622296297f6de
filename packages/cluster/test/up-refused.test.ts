import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { env, parley, parleyIn } from './fixtures/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-refused-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('parley up', () => {
  it('refuses a folder that cannot be made at once, and names another way', async () => {
    writeFileSync(join(folder, 'file'), '');
    const [proc, file] = await Promise.all([
      parley('up', '--dir', '/proc/parley/deeper'),
      parley('up', '--dir', join(folder, 'file')),
    ]);
    const remedy = '→ Choose another folder: npx --yes pnpm@12 start --dir <folder>';
    expect(proc).toMatchObject({
      code: 1,
      error: expect.stringContaining('/proc/parley/deeper cannot hold a cluster'),
    });
    expect(file).toMatchObject({ code: 1, error: expect.stringContaining('a file is in its place') });
    for (const { error } of [proc, file]) expect(error).toContain(remedy);
  });

  it('tells every malformed URL of a server at once, with an example and without the password', async () => {
    const urls = { DATABASE_URL: 'postgres://me:hid#den@db/parley', REDIS_URL: 'http://redis:6379' };
    const { code, error } = await parleyIn({ ...env, ...urls }, 'up', '--dir', join(folder, 'none'));
    expect(code).toBe(1);
    expect(error).toMatch(/DATABASE_URL .*postgres:\/\/parley:secret@127.0.0.1:5432\/parley/);
    expect(error).toMatch(/REDIS_URL .*redis:\/\/127.0.0.1:6379/);
    expect(error).not.toContain('hid');
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('refuses what a node would refuse before anything starts, and with all else that is wrong', async () => {
    const wrong = { WORKERS: 'many', PARLEY_LOG_LEVEL: 'loud', PARLEY_DRAIN_MS: 'soon', REDIS_URL: 'nowhere' };
    const { code, out, error } = await parleyIn({ ...env, ...wrong }, 'up', '--dir', join(folder, 'none'));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    for (const name of Object.keys(wrong)) expect(error.match(RegExp(`${name} (has|must)`, 'g')), name).toHaveLength(1);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('with development secrets in production names each space and what to set', async () => {
    const { code, error } = await parleyIn({ ...env, NODE_ENV: 'production' }, 'up', '--dir', join(folder, 'none'));
    expect(code).toBe(1);
    expect(error).toMatch(/The environment and the file of spaces .*infra\/spaces.json/);
    expect(error).toMatch(/space "tutor-go": .*"secretEnv": "PARLEY_SECRET_TUTOR_GO"/);
  });
});
