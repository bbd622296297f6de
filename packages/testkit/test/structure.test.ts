import { describe, expect, it } from 'vitest';
import { cyclesIn, noCycles } from '../src/structure/cycles.ts';
import { declaredImports, packageDirections } from '../src/structure/directions.ts';
import { documentedCommands, documentedPaths, generated } from '../src/structure/documents.ts';
import { fileLength, honestTests, packageShape, rootNames } from '../src/structure/files.ts';
import type { Project, Rule } from '../src/structure/project.ts';
import { finished, noEscapes, noMachine } from '../src/structure/words.ts';

function project(files: Record<string, string>): Project {
  return {
    root: '/',
    rootNames: Object.keys(files).filter((path) => !path.includes('/')),
    files: Object.entries(files).map(([path, text]) => ({ path, text })),
  };
}

async function findings(rule: Rule, files: Record<string, string>): Promise<string[]> {
  const found = await rule.check(project(files));
  return found.map(({ path, line, message }) => `${path}${line === undefined ? '' : `:${line}`} ${message}`);
}

const manifest = (dependencies: string[], devDependencies: string[] = []): string => {
  const versions = (names: string[]) => Object.fromEntries(names.map((name) => [name, '*']));
  return JSON.stringify({ dependencies: versions(dependencies), devDependencies: versions(devDependencies) });
};

describe('the directions between packages', () => {
  it('let an arrow through that the table has', async () => {
    expect(await findings(packageDirections, { 'packages/core/package.json': manifest(['@parley/protocol']) })).toEqual(
      [],
    );
  });

  it('find an arrow drawn backwards', async () => {
    expect(
      await findings(packageDirections, { 'packages/core/package.json': manifest(['@parley/store-postgres']) }),
    ).toEqual(['packages/core/package.json core must not depend on store-postgres']);
  });

  it('find the testkit among what runs in production', async () => {
    expect(
      await findings(packageDirections, { 'packages/client/package.json': manifest(['@parley/testkit']) }),
    ).toHaveLength(1);
    expect(
      await findings(packageDirections, { 'packages/client/package.json': manifest([], ['@parley/testkit']) }),
    ).toEqual([]);
  });

  it('find a package that the table does not know', async () => {
    expect(await findings(packageDirections, { 'packages/extra/package.json': manifest([]) })).toHaveLength(1);
  });

  it('find an import that nobody declared, a path out of the package, and a dependency that nobody imports', async () => {
    const files = {
      'packages/core/package.json': manifest(['@parley/protocol', 'pg']),
      'packages/core/src/a.ts':
        "import { x } from '@parley/protocol';\nimport y from 'ioredis';\nimport z from '../../client/src/z.ts';\n",
    };
    expect(await findings(declaredImports, files)).toEqual([
      'packages/core/src/a.ts:2 imports ioredis, which dependencies do not declare',
      'packages/core/src/a.ts:3 imports ../../client/src/z.ts out of its own package',
      'packages/core/package.json declares pg, which nothing imports',
    ]);
  });
});

describe('circular imports', () => {
  it('are found, also over three files, and not where only types are imported', async () => {
    const files = {
      'packages/core/src/a.ts': "import './b.ts';\n",
      'packages/core/src/b.ts': "export * from './c.ts';\n",
      'packages/core/src/c.ts': "import {\n  a,\n  type A,\n} from './a.ts';\n",
      'packages/core/src/e.ts': "import { f } from './f.ts';\n",
      'packages/core/src/f.ts': "import {\n  type E,\n  type G,\n} from './e.ts';\nimport type { H } from './e.ts';\n",
      'packages/core/src/d.ts': "import './a.ts';\n// import './d.ts'\n",
    };
    expect(await findings(noCycles, files)).toHaveLength(1);
  });

  it('are not seen where two paths meet', () => {
    const diamond = new Map([
      ['a', ['b', 'c']],
      ['b', ['d']],
      ['c', ['d']],
    ]);
    expect(cyclesIn(diamond)).toEqual([]);
  });
});

describe('files', () => {
  it('may have 300 lines and not 301, unless they are generated', async () => {
    const lines = (count: number) => 'x\n'.repeat(count);
    const files = { 'a.ts': lines(300), 'b.ts': lines(301), 'c.gen.ts': lines(999), 'd.lua': lines(301) };
    expect((await findings(fileLength, files)).map((found) => found.split(' ')[0])).toEqual(['b.ts', 'd.lua']);
  });

  it('in the root have agreed names', async () => {
    const found = await findings(rootNames, { 'notes.txt': '' });
    expect(found[0]).toBe('notes.txt does not belong into the root');
    expect(found).toContain('README.md is missing');
  });

  it('make a package more than a shell', async () => {
    expect(await findings(packageShape, { 'packages/core/package.json': '{}' })).toHaveLength(2);
  });

  it('with tests neither skip nor sleep', async () => {
    const text = "it.skip('later', () => {});\nawait new Promise((r) => setTimeout(r, 100));\n";
    expect(await findings(honestTests, { 'a.test.ts': text, 'a.ts': text })).toEqual([
      'a.test.ts:1 skips or focuses',
      'a.test.ts:2 sleeps: wait for an event, or prove silence within a bound',
    ]);
  });
});

describe('words', () => {
  it('that escape from the types are found, in code and not in prose', async () => {
    const files = {
      'a.ts': `const a = b as any;\n// as any other\nconst c = 'as any';\nfunction d(e: any) {}\n`,
    };
    expect(await findings(noEscapes, files)).toEqual([
      'a.ts:1 escapes from the types',
      'a.ts:4 escapes from the types',
    ]);
  });

  it('that silence the linter or mark work as unfinished are found', async () => {
    expect(await findings(noEscapes, { 'a.ts': `// oxlint-disable no-eval\n` })).toHaveLength(1);
    expect(await findings(finished, { 'a.md': `TODO write this\n` })).toHaveLength(1);
  });

  it('that name one machine or a registry are found', async () => {
    const files = {
      a: `cd /work/main\n`,
      b: 'packages/network/x\n',
      c: `registry=x\nregistry: https://x\n`,
    };
    expect((await findings(noMachine, files)).map((found) => found.split(' ')[0])).toEqual(['a:1', 'c:2']);
  });
});

describe('documents', () => {
  it('name scripts that exist', async () => {
    const files = {
      'package.json': JSON.stringify({ scripts: { start: 'x' } }),
      'README.md': '`npx --yes pnpm@12 start`, `pnpm install` and `pnpm run nonsense`\n',
    };
    expect(await findings(documentedCommands, files)).toEqual([
      'README.md:1 `pnpm nonsense` is no script of package.json',
    ]);
  });

  it('name commands of parley that exist', async () => {
    const files = {
      'package.json': JSON.stringify({ scripts: { parley: 'x' } }),
      'packages/cluster/src/cli.ts': "program.command('send <to>')",
      'README.md': '`pnpm parley send`, `npx --yes pnpm@12 --silent parley dance`, and parley is a word\n',
    };
    expect(await findings(documentedCommands, files)).toEqual(['README.md:1 `parley dance` is no command']);
  });

  it('link to files and folders that exist', async () => {
    const files = { 'a/b.md': '[one](../c/d.ts) [two](c.ts) [three](https://x) [four](../c/)\n', 'c/d.ts': '' };
    expect(await findings(documentedPaths, files)).toEqual(['a/b.md:1 links to c.ts, which does not exist']);
  });

  it('link to headings that exist, on their own page too', async () => {
    const links = '[one](../c/d.md#how-to-read-it) [two](../c/d.md#how-to) [three](#a-b) [four](#b)\n';
    const files = { 'a/b.md': `# A \`b\`!\n${links}`, 'c/d.md': '## How to read it\n' };
    expect(await findings(documentedPaths, files)).toEqual([
      'a/b.md:2 links to ../c/d.md#how-to, which does not exist',
      'a/b.md:2 links to #b, which does not exist',
    ]);
  });

  it('without a generated section stay as they are', async () => {
    expect(await generated('/', '# A title\n')).toBe('# A title\n');
  });
});
