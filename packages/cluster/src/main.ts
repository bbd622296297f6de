import { CommanderError } from 'commander';
import { complain } from './cli/complain.ts';
import { program } from './cli/program.ts';

const unread = new AbortController();
// Whoever reads may have enough, as `head` does. What was begun goes on to its end: a drill would leave what it froze.
process.stdout.on('error', (error) => {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
  unread.abort();
});

try {
  await program((code) => (process.exitCode = code), unread.signal).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said it already; help that was asked for is no error.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    complain(error);
    process.exitCode = 1;
  }
}
