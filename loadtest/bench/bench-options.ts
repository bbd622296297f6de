import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CaseName, caseNames, caseOf } from './cases.ts';
import { resultsDir } from './results.ts';

export type BenchOptions = {
  names: CaseName[];
  /** Also L1 to L3. */
  limits: boolean;
  /** `undefined`: as many as each case says. */
  rounds: number | undefined;
  /** How many rounds in all may be played again because others disturbed them. */
  repeats: number;
  /** Short windows and one round: whether everything runs, not how fast. */
  quick: boolean;
  dir: string;
};

const limitsName = 'limits';

export const usage = `pnpm bench [options]

  --only <case,…>  these cases alone
  --rounds <n>     rounds of each case instead of its own number
  --repeats <n>    disturbed rounds that are played again, in all (3)
  --quick          one round of short windows, to see that everything runs; into .parley/bench/quick
  --into <folder>  where the results go (loadtest/results)

cases:
${caseNames.map((name) => `  ${name.padEnd(17)}${caseOf(name).asks}`).join('\n')}
  ${limitsName.padEnd(17)}L1 to L3: what PostgreSQL, Redis and sockets can do at most, and the least CPU that a message can cost

Results are written after each case. Ends with 0, with 1 when an audit failed, with 2 when it was called wrongly.
`;

/** @throws Error with a sentence for the person at the terminal */
export function readBenchOptions(args: string[], root: string): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      repeats: { type: 'string' },
      quick: { type: 'boolean', default: false },
      into: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { quick } = values;
  const only = values.only?.split(',').map((name) => name.trim());
  return {
    names: only === undefined ? [...caseNames] : only.filter((name) => name !== limitsName).map(caseNamed),
    limits: only === undefined || only.includes(limitsName),
    rounds: values.rounds === undefined ? (quick ? 1 : undefined) : whole('rounds', values.rounds, 1),
    repeats: values.repeats === undefined ? (quick ? 0 : 3) : whole('repeats', values.repeats, 0),
    quick,
    dir: values.into ?? (quick ? join(root, '.parley', 'bench', 'quick') : resultsDir),
  };
}

function caseNamed(text: string): CaseName {
  const name = caseNames.find((known) => known === text);
  if (name) return name;
  throw new Error(`There is no case "${text}". Cases: ${[...caseNames, limitsName].join(', ')}`);
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= min) return value;
  throw new Error(`--${name} takes a whole number from ${min} on, not "${text}".`);
}
