import { type Ran, runTool } from './run.ts';
import { rules } from './structure/index.ts';
import { type Finding, readProject, type Rule } from './structure/project.ts';

export type Tally = { passed: number; failed: number };

type Check = { name: string; run: () => Promise<Ran> };

/**
 * Every static check, two at a time, each shown with its time as it ends, and with what it found when it fails.
 * Format, lint, types and each rule of structure count as one.
 */
export async function runChecks(print: (line: string) => void): Promise<Tally> {
  const checks = allChecks();
  const tally = { passed: 0, failed: 0 };
  const work = async (): Promise<void> => {
    for (let check = checks.shift(); check; check = checks.shift()) {
      const started = performance.now();
      const { ok, output } = await check.run();
      tally[ok ? 'passed' : 'failed'] += 1;
      print(`${ok ? '✓' : '✗'} ${check.name}  ${((performance.now() - started) / 1000).toFixed(1)} s`);
      if (!ok) print(output.trimEnd());
    }
  };
  await Promise.all([work(), work()]);
  return tally;
}

/** In the order in which they begin. */
export const namesOfChecks = (): string[] => allChecks().map(({ name }) => name);

function allChecks(): Check[] {
  const project = readProject();
  return [
    { name: 'format', run: () => runTool('biome', ['format', '--config-path=.biome.json', '--colors=off', '.']) },
    { name: 'lint', run: () => runTool('oxlint', ['--type-aware', '-c', '.oxlintrc.json', '.']) },
    // One program: each package alone would read again what it imports of the others (15 s in place of three minutes).
    { name: 'types of packages', run: () => runTool('tsc', ['-p', '.tsconfig.packages.json']) },
    { name: 'types of loadtest', run: () => runTool('tsc', ['-p', 'loadtest']) },
    ...rules.map((rule) => ({ name: rule.name, run: () => runRule(rule, project) })),
  ];
}

async function runRule(rule: Rule, project: ReturnType<typeof readProject>): Promise<Ran> {
  try {
    const findings = await rule.check(project);
    return { ok: findings.length === 0, output: findings.map(say).join('\n') };
  } catch (error) {
    return { ok: false, output: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function say({ path, line, message }: Finding): string {
  return `  ${path}${line === undefined ? '' : `:${line}`}: ${message}`;
}
