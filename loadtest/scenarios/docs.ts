import { metrics } from './metrics.ts';
import { secondsOf, type Size } from './plan.ts';
import { profiles, type Scenario, scenarios } from './table.ts';

const rulesOf = (thresholds: Scenario['thresholds']): string[] =>
  Object.entries(thresholds).flatMap(([name, rules]) => rules.map((rule) => `\`${name}\` ${inProse(rule)}`));

/** `count==0` → `count = 0`. */
const inProse = (rule: string): string => rule.replace(/[=<>]+/, (sign) => ` ${sign === '==' ? '=' : sign} `);

/** What is asked of all. */
const common = Object.values(scenarios)
  .map(({ thresholds }) => rulesOf(thresholds))
  .reduce((held, rules) => held.filter((rule) => rules.includes(rule)));

/** The tables of `README.md`. */
export const tables = {
  scenarios(): string {
    const all: [string, Scenario][] = Object.entries(scenarios);
    const rows = all.flatMap(([name, { asks, answers, read, thresholds }]) => {
      const own = rulesOf(thresholds).filter((rule) => !common.includes(rule));
      return [
        `### \`${name}\``,
        '',
        `**${asks}** ${answers}`,
        '',
        read,
        '',
        ...(own.length > 0 ? [`Must hold besides: ${own.join(', ')}.`, ''] : []),
      ];
    });
    return [`In each must hold: ${common.join(', ')}.`, '', ...rows].join('\n');
  },
  sizes(): string {
    const all: [string, Scenario][] = Object.entries(scenarios);
    return [
      `| scenario | ${profiles.join(' | ')} |`,
      `| --- | ${profiles.map(() => '---').join(' | ')} |`,
      ...all.map(
        ([name, { sizes }]) => `| \`${name}\` | ${profiles.map((profile) => inWords(sizes[profile])).join(' | ')} |`,
      ),
    ].join('\n');
  },
  metrics(): string {
    return [
      '| metric | |',
      '| --- | --- |',
      ...Object.entries(metrics).map(([name, [, meaning]]) => `| \`${name}\` | ${meaning} |`),
    ].join('\n');
  },
};

function inWords(size: Size): string {
  const rates = [...new Set(size.steps.map(({ perSecond }) => perSecond))];
  const [first = 0] = rates;
  const last = rates.at(-1) ?? first;
  const rate = first === last ? thousands(first) : `${thousands(first)}–${thousands(last)}`;
  return `${thousands(size.clients)} in groups of ${thousands(size.roomSize)}, ${rate}/s, ${duration(secondsOf(size))}`;
}

const thousands = (value: number): string => value.toLocaleString('en-US');
const duration = (seconds: number): string =>
  seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
