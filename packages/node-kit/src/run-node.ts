import { Misconfiguration } from './misconfiguration.ts';

/** Sysexits' EX_CONFIG: whoever starts us again in a loop can see that this will not help. */
const exitMisconfigured = 78;

/**
 * Starts a process. A misconfiguration is told in plain words; a start that was given up because the process is told
 * to end is no failure; everything else is a defect and keeps its stack.
 */
export async function runNode(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return;
    if (!(error instanceof Misconfiguration)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(exitMisconfigured);
  }
}
