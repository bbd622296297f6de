import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

// `pnpm proof <name>`: a proof that takes longer than a test may. What it printed is kept under infra/proofs/, with the
// commit that it was run on, so that everybody can read what was proven and run it again.
const root = fileURLToPath(new URL('../../..', import.meta.url));
const packages = ['cluster-tests', 'presence-redis', 'store-postgres'];
const folders = [...packages.map((name) => `packages/${name}/proofs`), 'loadtest/proofs'];
const proofs = new Map(
  folders.flatMap((folder) =>
    readdirSync(`${root}${folder}`).flatMap((file) => {
      const name = /^(.+)\.proof\.ts$/.exec(file)?.[1];
      return name === undefined ? [] : [[name, `${folder}/${file}`] as const];
    }),
  ),
);
const [name = ''] = process.argv.slice(2);
const proof = proofs.get(name);

if (proof === undefined) {
  console.error(`usage: pnpm proof <name>, where <name> is one of: ${[...proofs.keys()].join(', ')}`);
  process.exit(2);
}

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const changed = git('status', '--porcelain', '--', 'packages', 'loadtest', 'haproxy.cfg') === '' ? '' : ' with changes';
const header = [
  `proof   ${name}`,
  `commit  ${git('rev-parse', 'HEAD')}${changed}`,
  `at      ${new Date().toISOString()}`,
  `on      ${availableParallelism()} cores, Node ${process.version}`,
];

let output = '';
const vitest = spawn(
  `${root}node_modules/.bin/vitest`,
  ['run', '--config', '.vitest.proof.config.ts', '--reporter=verbose', proof],
  { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
);
for (const stream of [vitest.stdout, vitest.stderr]) {
  stream.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    output += text;
  });
}
vitest.once('close', (code) => {
  mkdirSync(`${root}infra/proofs`, { recursive: true });
  const path = `infra/proofs/${name}.txt`;
  const plain = stripVTControlCharacters(output).replaceAll(root, '').replaceAll(root.slice(0, -1), '.');
  writeFileSync(`${root}${path}`, `${header.join('\n')}\n\n${plain.trim()}\n`);
  console.log(`\nkept in ${path}`);
  process.exitCode = code ?? 1;
});
