import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { claim } from './port-claims.ts';
import { commandLineOf } from './processes/identity.ts';
import { Trouble } from './trouble.ts';

/**
 * Where free ports are looked for. The upper end stays below the kernel's own range (32768–60999): a port in there
 * may be held by somebody's outgoing connection at the moment when we want to listen.
 */
const RANGE = { from: 10_000, to: 32_000 };
const TRIES = 200;
const COMMAND_CHARS_MAX = 60;

/** A port on loopback that nobody listens on now and that was not given away before, here or by another process. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred)) && claim(preferred)) return preferred;
  for (let tried = 0; tried < TRIES; tried++) {
    // By chance and not in order: several test runs look at the same time.
    const port = randomInt(RANGE.from, RANGE.to);
    if ((await isFree(port)) && claim(port)) return port;
  }
  throw new Trouble(`None of ${TRIES} ports between ${RANGE.from} and ${RANGE.to} is free on this machine.`);
}

export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Who listens on a port, in words ("nginx -g daemon off;, pid 812"), as far as this user may see it. */
export function holderOf(port: number): string | undefined {
  const pid = process.platform === 'linux' ? holderOnLinux(port) : holderByLsof(port);
  if (pid === undefined) return undefined;
  return `${commandOf(pid)}, pid ${pid}`;
}

/** /proc says which inode listens, and which process has that inode open. */
function holderOnLinux(port: number): number | undefined {
  const inodes = new Set<string>();
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && local?.endsWith(`:${hex}`) && inode) inodes.add(`socket:[${inode}]`);
    }
  }
  const pids = list('/proc').filter((name) => /^\d+$/.test(name));
  const owner = pids.find((pid) => list(`/proc/${pid}/fd`).some((fd) => inodes.has(link(`/proc/${pid}/fd/${fd}`))));
  return owner === undefined ? undefined : Number(owner);
}

function holderByLsof(port: number): number | undefined {
  try {
    const [first] = execFileSync('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], { encoding: 'utf8' }).split(
      '\n',
    );
    return first ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}

/** As it was typed: the system's short name of every Node process is the same. */
function commandOf(pid: number): string {
  const typed = commandLineOf(pid);
  if (typed === '') return 'a process';
  return typed.length > COMMAND_CHARS_MAX ? `${typed.slice(0, COMMAND_CHARS_MAX)}…` : typed;
}

// What this user may not read is left out: the answer is then "somebody else".
const quietly = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};
const readLines = (file: string): string[] => quietly(() => readFileSync(file, 'utf8').split('\n'), []);
const list = (folder: string): string[] => quietly(() => readdirSync(folder), []);
const link = (file: string): string => quietly(() => readlinkSync(file), '');
