import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// audit.mjs [exceptions]: whether anything that runs in production has a known hole that is not excepted.
// PARLEY_AUDIT_REGISTRY is asked in place of npm's. Exit codes: 0 none, 1 some, 75 (EX_TEMPFAIL) nobody could be asked.

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const today = new Date().toISOString().slice(0, 10);

/** @returns {Set<string>} those whose day has not passed */
function readExceptions(path) {
  const rows = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.split(/\s+/));
  return new Set(rows.filter(([ghsa, until]) => ghsa.startsWith('GHSA-') && today <= until).map(([ghsa]) => ghsa));
}

const registry = process.env.PARLEY_AUDIT_REGISTRY ?? 'https://registry.npmjs.org/';
const audit = [
  '--yes',
  '--prefer-offline',
  'pnpm@12',
  'audit',
  '--prod',
  '--json',
  '--audit-level',
  'moderate',
  '--registry',
  registry,
];
const { stdout, stderr } = spawnSync('npx', audit, { cwd: beside('../..'), encoding: 'utf8' });

let advisories;
try {
  // pnpm ends with 1 for holes and for a registry that does not answer: only the first of them says JSON.
  ({ advisories } = JSON.parse(stdout));
} catch {
  advisories = undefined;
}
if (advisories === undefined) {
  console.log(`– known holes: the registry could not be asked\n${stderr || stdout}`);
  process.exit(75);
}

const excepted = readExceptions(process.argv[2] ?? beside('exceptions.txt'));
const holes = Object.values(advisories).map(({ github_advisory_id: ghsa, module_name: name, severity, title }) => ({
  ghsa,
  said: `${severity} ${name}: ${title} (${ghsa})`,
}));
const open = holes.filter(({ ghsa }) => !excepted.has(ghsa));
for (const { said } of open) console.log(`✗ ${said}`);
if (open.length === 0) console.log(`✓ no known hole, ${holes.length} excepted`);
else
  console.log('upgrade, override in pnpm-workspace.yaml, or except it with a day in infra/supply-chain/exceptions.txt');
process.exitCode = open.length === 0 ? 0 : 1;
