import { readFileSync } from 'node:fs';

// licences.mjs <what `pnpm licenses list --json` says> <the licences that we may pass on, one a line>
const [listed, allowed] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));
const known = new Set(allowed.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
const strange = Object.entries(JSON.parse(listed)).filter(([licence]) => !known.has(licence));
for (const [licence, packages] of strange) {
  console.log(`✗ ${licence}: ${packages.map(({ name }) => name).join(', ')}`);
}
if (strange.length === 0) console.log('✓ every licence is one that we may pass on');
process.exitCode = strange.length === 0 ? 0 : 1;
