import { version } from '@parley/node-kit';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { commitHere } from '../commit.ts';
import { faultNames } from '../drill/faults.ts';
import { OFFSET_MAX } from '../other-ports.ts';
import { defaultDir } from '../typed.ts';
import { exportSpace } from './export.ts';
import { importFile, type ImportOptions } from './import.ts';
import * as amounts from './amounts.ts';
import { type Counts, drain, rebalance, reload, roll, scale } from './operate.ts';
import type { DoctorOptions } from './doctor.ts';
import { orInJson } from './in-json.ts';
import { restored, type RestoredOptions } from './restored.ts';
import type { DrillOptions } from './drill.ts';
import { send, tail } from './talk.ts';
import { print } from './terminal.ts';
import { status, type StatusOptions } from './status.ts';
import { token, type TokenOptions } from './token.ts';
import { up, type UpOptions } from './up.ts';
import { createUser, type UserOptions } from './user.ts';

/** How a command ended, as the process says it: 0 well, 1 failed, 2 called wrongly. */
export type ExitCode = 0 | 1 | 2;

/**
 * The `parley` command.
 * @param ended hears the exit code of a command that neither throws nor runs on
 * @param unread once nobody reads what is printed: what prints until it is interrupted ends then
 */
export function program(ended: (code: ExitCode) => void, unread: AbortSignal): Command {
  const parley = new Command('parley')
    .description('Runs and operates a cluster of Parley.')
    .exitOverride()
    .showHelpAfterError('(parley --help shows every command)')
    .addHelpText('after', examples)
    .option('-V, --version', 'say which version this is, and which commit')
    .on('option:version', () => {
      const commit = commitHere();
      print(commit === undefined ? version : `${version} (${commit})`);
      throw new CommanderError(0, 'commander.version', version);
    });

  parley
    .command('up')
    .description('start a cluster here: PostgreSQL, Redis, API and socket nodes, HAProxy; Ctrl-C ends it in order')
    .addOption(dirOption())
    .addOption(count('--api-nodes <n>', 'how many API nodes', { otherwise: 2, min: 1, max: 9 }))
    .addOption(count('--socket-nodes <n>', 'how many socket nodes', { otherwise: 3, min: 1, max: 18 }))
    .addOption(
      count('--port-offset <n>', 'move every port up by this much; PARLEY_PORT_MAIN=… chooses single ones', {
        otherwise: 0,
        min: 0,
        max: OFFSET_MAX,
      }),
    )
    .action((options: UpOptions) => up(options));

  parley
    .command('status')
    .description(
      'show nodes, connections, rooms, lease ages, PostgreSQL, Redis and what HAProxy sees; 1 when something is wrong',
    )
    .addOption(dirOption())
    .option('--json', 'for programs')
    .option('--watch', 'again every second')
    .action(orInJson(async (options: StatusOptions) => ended((await status(options, unread)) ? 0 : 1)));

  operating(parley);

  parley
    .command('doctor')
    .description(
      'look for what bites: versions, settings, limits, clocks, secrets, certificates, schema; each with its remedy; 1 when something is an error',
    )
    .addOption(dirOption())
    .option('--json', 'for programs')
    .option('--database-url <url>', 'look at this PostgreSQL, and not at the cluster of the folder')
    .option('--redis-url <url>', 'look at this Redis, and not at the cluster of the folder')
    .option('--haproxy-config <file>', 'judge this configuration; the project’s haproxy.cfg by default')
    .action(
      orInJson(async (options: DoctorOptions) => {
        // Loaded only here: it knows the store, and most commands never touch the database.
        const { doctor } = await import('./doctor.ts');
        ended((await doctor(options)) ? 0 : 1);
      }),
    );

  parley
    .command('restored')
    .description(
      'after a restore of the database, before the first node starts: clients forget what they hold of before',
    )
    .addOption(dirOption())
    .option('--while-serving', 'also when nodes serve, because this was forgotten before they started')
    .action((options: RestoredOptions) => restored(options));

  parley
    .command('drill')
    .description(
      'hurt the cluster that runs here as an SRE rehearses it, under a small recorded load, and say of each promise whether it was kept; 1 when one was broken',
    )
    .addOption(dirOption())
    .addOption(budgetOption())
    .addOption(
      new Option(
        '--only <fault...>',
        `some of: ${faultNames.join(', ')}; by default all that the cluster can rehearse`,
      ).choices(faultNames),
    )
    .option('--json', 'for programs')
    .option('--even-elsewhere', 'also when a part of the cluster is on another machine')
    .action(
      orInJson(async (options: DrillOptions) => {
        // Loaded only here: it brings the client and the checker.
        const { drill } = await import('./drill.ts');
        ended((await drill(options)) ? 0 : 1);
      }),
    );

  parley
    .command('token <space> <user>')
    .description('print a token of a space that is signed with a secret')
    .addOption(dirOption())
    .addOption(roleOption().default('user'))
    .option('--name <name>', 'the name that others see')
    .addOption(count('--hours <n>', 'how long it is valid', { otherwise: 24, min: 1, max: 100_000 }))
    .action((space: string, user: string, options: TokenOptions) => token(space, user, options));

  parley
    .command('user')
    .description('manage users')
    .command('create <space> <user>')
    .description(
      'make a user, or change the fields that are given; with PARLEY_PASSWORD set, an account to log in with, too',
    )
    .addOption(dirOption())
    .addOption(roleOption())
    .option('--name <name>', 'the name that others see')
    .option('--email <email>')
    .action((space: string, user: string, options: UserOptions) => createUser(space, user, options));

  parley
    .command('import <space> <file>')
    .description(
      'bring the users, links, conversations and messages of a product into its space; - reads a pipe, .gz is unpacked',
    )
    .addOption(dirOption())
    .option('--skip-bad <file>', 'go on after a line that is refused, and collect such lines there')
    .action((space: string, file: string, options: ImportOptions) => importFile(space, file, options));

  parley
    .command('export <space>')
    .description('write everything of a space to stdout, as import reads it')
    .addOption(dirOption())
    .action((space: string, options: { dir: string }) => exportSpace(space, options));

  parley
    .command('send <space> <from> <to> <text>')
    .description('send a message from one user to another, and wait until it is stored')
    .addOption(dirOption())
    .action((space: string, from: string, to: string, text: string, options: { dir: string }) =>
      send(space, from, to, text, options),
    );

  parley
    .command('tail <space> <user>')
    .description('print what a user hears, until Ctrl-C')
    .addOption(dirOption())
    .addOption(
      count('--backlog <n>', 'how many earlier messages of each conversation to begin with', {
        otherwise: 10,
        min: 0,
        max: 100_000,
      }),
    )
    .action((space: string, user: string, options: { dir: string; backlog: number }) =>
      tail(space, user, options, AbortSignal.any([interrupted(), unread])),
    );

  return parley;
}

/** What changes a running cluster while its clients talk. */
function operating(parley: Command): void {
  parley
    .command('scale')
    .description('add or remove nodes without a client losing its place; those that go drain first')
    .argument('<kind=count...>', 'how many nodes of a kind there shall be, such as socket=5 api=3', amounts.count)
    .addOption(dirOption())
    .addOption(budgetOption())
    .action((counts: Counts, options: { dir: string; budget: number }) => scale(counts, options));

  parley
    .command('drain <node>')
    .description('let the clients of a node, such as s2, move to the others, then end it')
    .addOption(dirOption())
    .addOption(budgetOption())
    .addOption(
      new Option(
        '--over <time>',
        'how long clients have to move, such as 30s; by default as long as the budget asks for',
      ).argParser(amounts.duration),
    )
    .action((node: string, options: { dir: string; budget: number; over?: number }) => drain(node, options));

  parley
    .command('restart')
    .description('replace every node, one after the other: the replacement serves before its predecessor drains')
    .requiredOption('--rolling', 'the only way: all at once would be an outage')
    .addOption(dirOption())
    .addOption(budgetOption())
    .action((options: { dir: string; budget: number }) => roll(options));

  parley
    .command('reload')
    .description(
      'let HAProxy read its configuration and its certificate again; who is connected stays, and moves with restart --rolling',
    )
    .addOption(dirOption())
    .action((options: { dir: string }) => reload(options));

  parley
    .command('rebalance')
    .description(
      'bring every socket node within 10 % of the mean, such as after a scale-out; silent clients move first',
    )
    .addOption(dirOption())
    .addOption(budgetOption())
    .action((options: { dir: string; budget: number }) => rebalance(options));
}

const examples = `
Examples:
  parley up --socket-nodes 5            five socket nodes
  parley up --dir .b --port-offset 100  a second cluster beside the first
  parley status --watch                 what every node carries, every second
  parley scale socket=5 api=3           more nodes, or fewer
  parley drain s2 --over 30s            empty a node and end it
  parley restart --rolling              replace every node
  NODE_ENV=production parley doctor     what bites, judged as in production
  parley drill --only kill-node drain   rehearse some faults, and judge what was promised
  parley token main ada                 a token, and nothing else
  parley export main > main.ndjson      what is in a space; parley import main main.ndjson brings it back
  parley send main ada bob "Hello"      a message; parley tail main bob hears it

Exit codes: 0 well, 1 failed, 2 called wrongly.`;

const dirOption = (): Option =>
  new Option('--dir <folder>', 'where the data, the logs and the state of the cluster are').default(
    defaultDir,
    '.parley in the project',
  );

const budgetOption = (): Option =>
  new Option('--budget <rate>', 'how many clients may have to reconnect in a second, such as 50/s or 50')
    .default(50, '50/s')
    .argParser(amounts.rate);

const roleOption = (): Option => new Option('--role <role>').choices(['user', 'agent', 'admin']);

type Range = { otherwise: number; min: number; max: number };

function count(flags: string, description: string, { otherwise, min, max }: Range): Option {
  return new Option(flags, description).default(otherwise).argParser((text: string) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < min || number > max) {
      throw new InvalidArgumentError(`It has to be a whole number from ${min} to ${max}.`);
    }
    return number;
  });
}

function interrupted(): AbortSignal {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
  return ended.signal;
}
