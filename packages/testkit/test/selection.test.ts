import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../src/structure/project.ts';

async function run(program: string, ...args: string[]): Promise<{ code: number | null; out: string; error: string }> {
  const child = spawn(process.execPath, [join(projectRoot, 'packages/testkit/src', program), ...args]);
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, out, error };
}

describe('`pnpm test`', () => {
  it.each([
    ['a project that is not there', ['--project', 'nope'], 'nope'],
    ['a file that is not there', ['zork.test.ts'], 'No test file fits: zork.test.ts'],
    ['a file of another project', ['--project', 'presence', 'packages/core/test'], 'No test file fits'],
  ])('names the projects before any check has run when it is asked for %s', async (_, args, why) => {
    expect(await run('test.ts', ...args)).toEqual({
      code: 2,
      out: '',
      error: expect.stringMatching(new RegExp(`${why}[^]*projects:\n[^]* unit +\\d+ files\n`)),
    });
  });

  it('explains itself', async () => {
    expect(await run('test.ts', '--help')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/--project <name>[^]*projects:\n[^]* unit +\d+ files\n/),
    });
  });
});

describe('`pnpm check`', () => {
  it('names what it checks', async () => {
    const { code, out } = await run('check.ts', '--list');
    expect(code).toBe(0);
    for (const name of ['format', 'lint', 'types of packages', 'types of loadtest'])
      expect(out.split('\n')).toContain(name);
  });
});
