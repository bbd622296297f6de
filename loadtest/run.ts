/** `pnpm loadtest <scenario>`: prepares users and conversations, finds k6, runs the scenario, and ends as k6 ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Trouble } from '@parley/cluster';
import { loadSpaces } from '@parley/node-kit';
import { exitCode, findK6 } from './k6.ts';
import { prepare } from './prepare.ts';

const scenarios = {
  smoke: { roomSize: 10, clients: 100, seconds: 60 },
} as const;

const usage = `pnpm loadtest <scenario> [options]

scenarios:
  smoke              100 clients in groups of 10 for a minute: does the cluster work at all?

  --url <url>        the cluster (http://127.0.0.1:8080)
  --space <name>     the space that lives there (main)
  --clients <n>      how many clients
  --seconds <n>      how long they talk

ends with 0 when every threshold held, with 99 when one was crossed.
`;

const here = import.meta.dirname;
const spacesPath = process.env['PARLEY_SPACES'] ?? join(here, '..', 'infra', 'spaces.json');

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error([error.message, ...error.remedy.map((line) => `  ${line}`)].join('\n'));
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    allowPositionals: true,
    options: {
      url: { type: 'string', default: `http://127.0.0.1:${process.env['PARLEY_PORT_MAIN'] ?? 8080}` },
      space: { type: 'string', default: 'main' },
      clients: { type: 'string' },
      seconds: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [name = ''] = positionals;
  if (values.help) return say(usage, 0);
  if (!Object.hasOwn(scenarios, name)) return say(`There is no scenario "${name}".\n\n${usage}`, 2);
  const scenario = scenarios[name as keyof typeof scenarios];
  const clients = Number(values.clients ?? scenario.clients);
  const seconds = Number(values.seconds ?? scenario.seconds);

  const space = loadSpaces(spacesPath, process.env).get(values.space);
  if (!space) throw new Trouble(`There is no space "${values.space}" in ${spacesPath}.`);
  const results = join(here, '..', '.parley', 'loadtest');
  mkdirSync(results, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'parley-loadtest-'));
  try {
    const k6 = await findK6({ readable: [here, work], writable: [results] }, (line) => say(line, 0));
    say(`preparing ${clients} users in conversations of ${scenario.roomSize}`, 0);
    const seats = await prepare({ baseUrl: values.url, space, clients, roomSize: scenario.roomSize });
    const seatsPath = join(work, 'seats.json');
    writeFileSync(seatsPath, JSON.stringify(seats));
    const settings = {
      PARLEY_URL: values.url,
      PARLEY_SEATS: seatsPath,
      PARLEY_SECONDS: String(seconds),
      PARLEY_RESULT: join(results, `${name}.json`),
    };
    const env = Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    // k6 would otherwise ask the network for extensions and report its use.
    const flags = ['--no-usage-report', ...(process.stdout.isTTY ? [] : ['--quiet'])];
    say(`${name}: ${clients} clients for ${seconds} s at ${values.url}`, 0);
    return await exitCode(k6.command, [...k6.args, 'run', ...flags, ...env, join(here, 'scenarios', `${name}.ts`)]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function say(text: string, code: number): number {
  process.stdout.write(`${text}\n`);
  return code;
}
