/** `pnpm loadtest <scenario>`: prepares users and conversations, runs k6, watches the servers, and says what came out. */
import { complain } from '@parley/cluster';
import { type Command, readCommand, usage } from './run/command.ts';
import { runHere } from './run/run-here.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  let command: Command | undefined;
  try {
    command = args.length === 0 ? undefined : readCommand(args);
  } catch (error) {
    complain(error);
    return 2;
  }
  if (!command) {
    process.stdout.write(usage);
    return args.length === 0 ? 2 : 0;
  }
  try {
    return await runHere(command, (line) => void process.stdout.write(`${line}\n`));
  } catch (error) {
    complain(error);
    return 1;
  }
}
