import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Progress } from '../progress.ts';
import { Trouble } from '../trouble.ts';

/** A program that comes from the machine: its names on `PATH`, best first, and its package per package manager. */
export type Program = {
  title: string;
  names: readonly string[];
  packages: Record<Manager, string>;
  /** What else could be done instead of installing it. */
  instead: readonly string[];
};

type Manager = 'apt-get' | 'dnf' | 'apk' | 'brew';

const managers: Record<Manager, (pkg: string) => string[][]> = {
  'apt-get': (pkg) => [
    ['apt-get', 'update', '-q'],
    ['apt-get', 'install', '-y', '-q', '--no-install-recommends', pkg],
  ],
  dnf: (pkg) => [['dnf', 'install', '-y', pkg]],
  apk: (pkg) => [['apk', 'add', pkg]],
  brew: (pkg) => [['brew', 'install', pkg]],
};
const managerNames = Object.keys(managers) as Manager[];

/** Programs of administrators live in sbin, which a user's `PATH` often leaves out (Debian's haproxy does). */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/opt/homebrew/bin', '/opt/homebrew/sbin'];

/** What installing depends on; tests name another machine than this one. */
type Machine = { path: string; isRoot: boolean };

const thisMachine = (): Machine => ({ path: process.env['PATH'] ?? '', isRoot: process.getuid?.() === 0 });

/**
 * Finds a program on `PATH`, else installs it where that may be done without asking (root, passwordless sudo, brew).
 * @returns its absolute path
 * @throws Trouble with the exact command to type
 */
export async function findOrInstall(
  program: Program,
  progress: Progress,
  machine: Machine = thisMachine(),
): Promise<string> {
  const { title, names, instead } = program;
  const found = find(names, machine.path);
  if (found) return found;
  const manager = managerNames.find((name) => find([name], machine.path));
  if (!manager) {
    const remedy = `Install ${names[0]} so that it is on PATH.`;
    throw new Trouble(`${title} is not installed, and no package manager that we know is here.`, [remedy, ...instead]);
  }
  const steps = managers[manager](program.packages[manager]);
  const typed = steps.map((step) => (manager === 'brew' ? step : ['sudo', ...step]).join(' ')).join(' && ');
  const prefix = privilege(manager, machine);
  if (!prefix) {
    throw new Trouble(`${title} is not installed, and installing it needs your password.`, [typed, ...instead]);
  }
  progress(`installing ${title} with ${manager} (once)`);
  for (const [command = '', ...args] of steps) {
    const failed = await runLoudly([...prefix, find([command], machine.path) ?? command, ...args], progress);
    if (failed !== undefined) throw new Trouble(`${command} ${args.join(' ')} failed:\n${failed}`, [typed, ...instead]);
  }
  const installed = find(names, machine.path);
  if (installed) return installed;
  const missing = `${program.packages[manager]} was installed, but ${names.join(' or ')} is not on PATH.`;
  throw new Trouble(missing, instead);
}

export function find(names: readonly string[], path = process.env['PATH'] ?? ''): string | undefined {
  const folders = [...path.split(delimiter).filter(Boolean), ...MORE_FOLDERS];
  for (const name of names) {
    const folder = folders.find((one) => isExecutable(join(one, name)));
    if (folder) return join(folder, name);
  }
  return undefined;
}

/** What to put before the command so that it runs without a question; `undefined` when that is not possible. */
function privilege(manager: Manager, { path, isRoot }: Machine): string[] | undefined {
  if (manager === 'brew' || isRoot) return [];
  const sudo = find(['sudo'], path);
  return sudo && spawnSync(sudo, ['-n', 'true']).status === 0 ? [sudo, '-n'] : undefined;
}

/** @returns what it said when it failed, else `undefined` */
async function runLoudly([command = '', ...args]: string[], progress: Progress): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const said: string[] = [];
  const hear = (chunk: Buffer): void => {
    for (const line of chunk.toString().split('\n')) {
      if (line.trim() === '') continue;
      said.push(line.trim());
      progress(`  ${line.trim().slice(0, 100)}`);
    }
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  return code === 0 ? undefined : said.slice(-10).join('\n');
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
