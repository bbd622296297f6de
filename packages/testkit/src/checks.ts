import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Ran, runTool } from './run.ts';
import { rules } from './structure/index.ts';
import { type Finding, projectRoot, readProject, type Rule } from './structure/project.ts';

export type Tally = { passed: number; failed: number };

type Check = { name: string; run: () => Promise<Ran> };

/**
 * Every static check, two at a time, each shown with its time as it ends, and with what it found when it fails.
 * Format, lint, the types of each package and each rule of structure count as one.
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
    ...packages().map((folder) => ({ name: `types of ${folder}`, run: () => runTool('tsc', ['-p', folder]) })),
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

function packages(): string[] {
  const all = readdirSync(join(projectRoot, 'packages')).map((name) => `packages/${name}`);
  return [...all, 'loadtest'].filter((folder) => existsSync(join(projectRoot, folder, 'package.json')));
}
