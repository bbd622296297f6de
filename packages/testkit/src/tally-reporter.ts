import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Writes the totals of a run to the file that `PARLEY_TALLY` names. What failed counts, and what did not come to an end,
 * a file that could not be loaded or set up, and an error outside of every test. Only a test that does not apply to this
 * machine (`runIf`) counts as nothing.
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      const states = tests.map((test) => test.result().state);
      const bad = states.filter((state) => state === 'failed' || state === 'pending').length;
      passed += states.filter((state) => state === 'passed').length;
      failed += bad === 0 && !module.ok() ? 1 : bad;
    }
    const file = process.env['PARLEY_TALLY'];
    if (file !== undefined) writeFileSync(file, JSON.stringify({ passed, failed }));
  }
}
