import { parseArgs } from 'node:util';
import { defaultDir, Trouble } from '@parley/cluster';
import { type Outcome, readOutcome } from './outcome.ts';
import { type Profile, profiles, type ScenarioName, scenarios, type Scenario } from '../scenarios/table.ts';

export type Command = {
  name: ScenarioName;
  scenario: Scenario;
  profile: Profile;
  url: string | undefined;
  dir: string;
  /** The earlier run to compare with. */
  against: Outcome | undefined;
};

export const usage = `pnpm loadtest <scenario> [options]

scenarios:
${Object.entries(scenarios)
  .map(([name, { asks }]) => `  ${name.padEnd(27)}${asks}`)
  .join('\n')}

options:
  --profile <name>      ${profiles.join(', ')} (laptop)
  --dir <folder>        the cluster that was started from there (.parley)
  --url <url>           a cluster elsewhere, by the base URL of the scenario's space
  --against <summary>   compares with the summary.json of an earlier run

Ends with 0 when every threshold held, with 99 when one was crossed, with 1 when it could not be run to its end, with 2
when it was called wrongly. The profile fleet runs nothing here: it writes what k6-operator needs, for the cluster at --url.
`;

/** @returns `undefined` when help was asked for. @throws Trouble for what was typed wrongly, with what there is */
export function readCommand(args: readonly string[]): Command | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [name = '', ...more] = positionals;
  if (more.length > 0) throw new Trouble(`One scenario at a time: ${positionals.join(' ')}`);
  const names = Object.keys(scenarios);
  if (!isScenario(name)) {
    throw new Trouble(name ? `There is no scenario "${name}".` : 'Name a scenario.', [
      `Scenarios: ${names.join(', ')}`,
    ]);
  }
  const profile = profiles.find((known) => known === values.profile);
  if (!profile) throw new Trouble(`There is no profile "${values.profile}".`, [`Profiles: ${profiles.join(', ')}`]);
  const { url, dir } = values;
  if (url !== undefined && !isBaseUrl(url)) {
    throw new Trouble(`"${url}" is no base URL.`, ['--url https://chat.example, or http://127.0.0.1:8080']);
  }
  if (profile === 'fleet' && url === undefined) {
    throw new Trouble('The pods of a fleet have to be told where the cluster is: 127.0.0.1 is their own machine.', [
      '--url <the base URL by which both pods and this machine reach it>',
    ]);
  }
  // Now, because after the run it would cost minutes.
  const against = values.against === undefined ? undefined : readOutcome(values.against, { scenario: name, profile });
  return { name, scenario: scenarios[name], profile, url, dir, against };
}

const isBaseUrl = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: args.filter((arg) => arg !== '--'),
      allowPositionals: true,
      options: {
        profile: { type: 'string', default: 'laptop' },
        url: { type: 'string' },
        dir: { type: 'string', default: defaultDir },
        against: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    throw new Trouble(String(cause instanceof Error ? cause.message : cause), ['pnpm loadtest --help'], cause);
  }
}

const isScenario = (name: string): name is ScenarioName => Object.hasOwn(scenarios, name);
