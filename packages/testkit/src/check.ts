import { namesOfChecks, runChecks } from './checks.ts';

// `pnpm check`: everything that can be said of the project without running it; `--list` names it.
if (process.argv.includes('--list') || process.argv.includes('--help')) {
  console.log(namesOfChecks().join('\n'));
  process.exit();
}
const started = performance.now();
const { passed, failed } = await runChecks(console.log);
console.log(`\n${passed} passed, ${failed} failed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = failed === 0 ? 0 : 1;
