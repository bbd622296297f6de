import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { freePort } from '@parley/cluster';
import { loadSpaces } from '@parley/node-kit';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const answerBytesMax = 64 * 1024 * 1024;

/** One container of a project, as Docker sees it. */
export type Container = {
  name: string;
  service: string;
  number: number;
  address: string;
  /** Where its ports are on this machine. */
  published: ReadonlyMap<number, number>;
  pid: number | undefined;
  paused: boolean;
  /** `none` where nobody checks. */
  health: string;
  /** When it last ended. */
  finishedAt: Date;
  exitCode: number;
};

type Inspected = {
  Name: string;
  Config: { Labels: Record<string, string> };
  State: {
    Running: boolean;
    Paused: boolean;
    Pid: number;
    ExitCode: number;
    FinishedAt: string;
    Health?: { Status: string };
  };
  NetworkSettings: {
    Networks: Record<string, { IPAddress: string }>;
    Ports: Record<string, { HostPort: string }[] | null>;
  };
};

/** @returns what it printed. @throws Error with what it complained about */
export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: answerBytesMax })).stdout.trim();
}

/** The commands of compose in the `sh` blocks of a page, one a line, as they stand there. */
export function composeCommandsIn(page: string): string[] {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm);
  return [...blocks].flatMap(([, code = '']) => code.split('\n')).filter((line) => line.startsWith('docker compose'));
}

/** One project of compose, made from the root's docker-compose.yml and, over it, these files. */
export function openProject(
  project: string,
  { files = [], env = {} }: { files?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
) {
  const named = ['compose', '--project-name', project];
  const from = [join(root, 'docker-compose.yml'), ...files].flatMap((file) => ['--file', file]);
  return {
    /** @returns what it printed, with what it told on the side */
    compose: async (...args: string[]): Promise<string> => {
      const { stdout, stderr } = await run('docker', [...named, ...from, '--project-directory', root, ...args], {
        env: { ...process.env, ...env },
        maxBuffer: answerBytesMax,
      });
      return `${stdout}${stderr}`;
    },
    /** A line of a page, typed in the project's folder. */
    type: async (line: string): Promise<string> => {
      const typed = { ...process.env, ...env, COMPOSE_PROJECT_NAME: project };
      const options = { cwd: root, env: typed, maxBuffer: answerBytesMax };
      return (await run('bash', ['-o', 'pipefail', '-c', line], options)).stdout;
    },
    containers: () => containersOf(project),
  };
}

export type ComposeProject = ReturnType<typeof openProject>;

/** Also those that have ended, in the order of their numbers. */
export async function containersOf(project: string): Promise<Container[]> {
  const ids = await docker('ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`);
  if (ids === '') return [];
  const inspected = JSON.parse(await docker('inspect', ...ids.split('\n'))) as Inspected[];
  return inspected.map(read).toSorted((a, b) => a.service.localeCompare(b.service) || a.number - b.number);
}

function read({ Name, Config, State, NetworkSettings }: Inspected): Container {
  return {
    name: Name.replace(/^\//, ''),
    service: Config.Labels['com.docker.compose.service'] ?? '',
    number: Number(Config.Labels['com.docker.compose.container-number']),
    address: Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '',
    published: new Map(
      Object.entries(NetworkSettings.Ports).flatMap(([port, at]) =>
        at?.[0] ? [[Number.parseInt(port, 10), Number(at[0].HostPort)] as const] : [],
      ),
    ),
    pid: State.Running ? State.Pid : undefined,
    paused: State.Paused,
    health: State.Health?.Status ?? 'none',
    finishedAt: new Date(State.FinishedAt),
    exitCode: State.ExitCode,
  };
}

/** Every port that the project opens on this machine is a free one. */
export async function freePorts(): Promise<Record<string, string>> {
  const spaces = [...loadSpaces(join(root, 'infra/spaces.json'), {}).keys()];
  const names = [...spaces, 'stats', 'prometheus', 'grafana'].map((name) => name.toUpperCase().replaceAll('-', '_'));
  const ports = await Promise.all(
    names.map(async (name) => [`PARLEY_PORT_${name}`, String(await freePort())] as const),
  );
  return Object.fromEntries(ports);
}
