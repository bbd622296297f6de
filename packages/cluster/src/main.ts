import { CommanderError } from 'commander';
import { complain } from './cli/complain.ts';
import { program } from './cli/program.ts';

try {
  await program((code) => (process.exitCode = code)).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said it already; help that was asked for is no error.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    complain(error);
    process.exitCode = 1;
  }
}
