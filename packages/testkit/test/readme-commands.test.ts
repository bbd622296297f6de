import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '../src/structure/project.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
type Build = { context: string; dockerfile: string; target: string };
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
/** The first cells of the table "To run it, to measure it". */
const table = read('README.md').split('## To run it, to measure it')[1] ?? '';
const commands = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, command = '']) => command);

/** How each answers without doing its work, which takes minutes: what is typed instead, how it ends, and what it tells. */
const answers: Record<string, { args: string[]; code: number; tells: RegExp }> = {
  'pnpm parley status': { args: ['--help'], code: 0, tells: /--json[^]*--watch/ },
  'pnpm parley scale socket=5 api=3': { args: ['--help'], code: 0, tells: /socket=5\s+api=3/ },
  'pnpm parley doctor': { args: ['--help'], code: 0, tells: /--json/ },
  'pnpm parley restored': { args: ['--help'], code: 0, tells: /after a restore/ },
  'pnpm parley drill': { args: ['--help'], code: 0, tells: /--only[^]*--json/ },
  'pnpm check': { args: ['--list'], code: 0, tells: /^format\nlint\ntypes of /m },
  'pnpm proof <name>': { args: [], code: 2, tells: /one of: .*fault-storm/ },
  'pnpm bench': { args: ['--help'], code: 0, tells: /--quick[^]*rooms-of-10/ },
  'pnpm bench:hot-path': { args: ['--help'], code: 0, tells: /--rounds <n>/ },
  'pnpm loadtest smoke': { args: [], code: 2, tells: /scenarios:\n {2}smoke / },
};
const inContainers = 'docker compose up --build';

describe('every command of the table in the README', () => {
  it('is proven here', () => {
    expect(commands.toSorted()).toEqual([...Object.keys(answers), inContainers].toSorted());
  });

  it.each(Object.entries(answers))('%s is a script that answers', async (command, { args, code, tells }) => {
    const [, name = '', ...typed] = command.split(' ');
    const [program = '', ...words] = (scripts[name] ?? '').split(' ');
    expect(program).not.toBe('');
    const child = spawn(
      join(projectRoot, 'node_modules/.bin', program),
      [...words, ...(name === 'parley' ? typed : []), ...args],
      { cwd: projectRoot },
    );
    const [out, error, [ended]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    expect({ ended, said: out + error }).toEqual({ ended: code, said: expect.stringMatching(tells) });
  });

  it(`${inContainers} finds every file that its services are built from`, () => {
    const compose = read('docker-compose.yml');
    const { services } = parse(compose, { merge: true }) as { services: Record<string, { build?: Build }> };
    const builds = Object.values(services).flatMap(({ build }) => build ?? []);
    expect(builds.map(({ target }) => target).sort()).toEqual(['api-node', 'socket-node']);
    for (const { context, dockerfile, target } of builds) {
      expect(existsSync(join(projectRoot, context, dockerfile))).toBe(true);
      expect(read(join(context, dockerfile))).toMatch(new RegExp(`^FROM .* AS ${target}$`, 'im'));
    }
    for (const [, mounted = ''] of compose.matchAll(/^ +- (\.\/[^:\s]+):/gm)) {
      expect(existsSync(join(projectRoot, mounted))).toBe(true);
    }
  });
});
