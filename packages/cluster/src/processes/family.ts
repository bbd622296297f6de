import { readdirSync, readFileSync } from 'node:fs';

/**
 * Signals a process and everything that it forked: a server of many processes, such as PostgreSQL, is hurt as one. The
 * parent stands still meanwhile, so that it forks nobody behind our back.
 */
export function signalFamily(pid: number, signal: NodeJS.Signals): void {
  signalOne(pid, 'SIGSTOP');
  for (const member of [...childrenOf(pid), pid]) signalOne(member, signal);
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((entry) => parentOf(entry) === pid);
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself meanwhile, which is as good.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function parentOf(pid: number): number | undefined {
  try {
    // The second field is the command's name in brackets, which may hold anything; the parent is the second after it.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return Number(parent);
  } catch {
    return undefined;
  }
}
