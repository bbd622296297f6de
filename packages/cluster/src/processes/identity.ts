import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Names one run of one process. A pid alone is given to strangers after a reboot or a wrap of the counter, so what
 * is remembered on disk also carries when the process began.
 */
export type Identity = { pid: number; born: string };

/** Who has this pid now, or `undefined` when nobody (a zombie is nobody). */
export function identityOf(pid: number): Identity | undefined {
  const born = process.platform === 'linux' ? bornOnLinux(pid) : bornByPs(pid);
  return born === undefined ? undefined : { pid, born };
}

/** Whether exactly this run of the process still lives. */
export function isAlive(identity: Identity): boolean {
  return identityOf(identity.pid)?.born === identity.born;
}

/** What was typed to start a process, as far as we may see it; empty when it is gone. */
export function commandLineOf(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

function bornOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name (field 2) may hold spaces and brackets: fields are counted from its last bracket. 3 state, 22 start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${fields[19]}`;
  } catch {
    // No such file: no such process.
    return undefined;
  }
}

function bornByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    // `ps` ends with 1 for a pid that nobody has.
    return undefined;
  }
}
