import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * A shell that reads from a pipe which only this process holds open: however this process ends, also by SIGKILL, the
 * pipe closes, and the shell ends the children that are left. PostgreSQL takes SIGTERM as "when nobody is connected
 * any more", so it goes after the nodes. The state file is the second net, for a machine where both are killed.
 */
const script = `
left=' '
while read -r change pid; do
  case $change in
    +) left="$left$pid " ;;
    -) left="\${left%% $pid *} \${left#* $pid }" ;;
  esac
done
set -- $left
[ $# -eq 0 ] && exit
kill "$@" 2>/dev/null
sleep 4
kill -9 "$@" 2>/dev/null
`;

let pipe: Writable | undefined;

/** This child is not to outlive this process. */
export function guard(pid: number): void {
  pipe ??= open();
  pipe.write(`+ ${pid}\n`);
}

/** This child has ended: its pid may soon be a stranger's. */
export function release(pid: number): void {
  pipe?.write(`- ${pid}\n`);
}

function open(): Writable {
  // In a group of its own: Ctrl-C at the terminal is not meant for it.
  const shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.unref();
  // Without a shell, or when somebody kills it, there is only the state file; that is no reason to fail.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return shell.stdin;
}
