import { spawn } from 'node:child_process';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The terminal interrupts us, and pnpm does so once more: k6 takes a second interruption for "at once, and no summary". */
const echoMs = 1_000;

/**
 * Runs a command with our output; what interrupts us interrupts it, once, and we see how it ended.
 * @returns its exit code
 */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<number> {
  return new Promise((resolve, reject) => {
    // In a group of its own, so that only we interrupt it.
    const child = spawn(command, args, { ...options, stdio: 'inherit', detached: true });
    let forwardedMs = Number.NEGATIVE_INFINITY;
    const forward = (signal: NodeJS.Signals): void => {
      if (signal === 'SIGINT' && performance.now() - forwardedMs < echoMs) return;
      if (signal === 'SIGINT') forwardedMs = performance.now();
      child.kill(signal);
    };
    for (const signal of signals) process.on(signal, forward);
    const ended = (): void => {
      for (const signal of signals) process.off(signal, forward);
    };
    child.once('error', (error) => {
      ended();
      reject(error);
    });
    child.once('close', (code) => {
      ended();
      resolve(code ?? 1);
    });
  });
}
