import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { find, type Progress, Trouble } from '@parley/cluster';
import { run } from './child.ts';
import { buildGo, findGo, type GoProgram } from './go-build.ts';

export const version = '2.2.0';
export const image = `grafana/k6:${version}`;

/** How to run k6 here: what comes before its own arguments. Paths mean the same inside as outside. */
export type K6 = { command: string; args: string[] };

/** What it runs, whatever the scenario. */
export const mainPath = join(import.meta.dirname, '..', 'scenarios', 'main.ts');

/** `k6/websockets` is stable since v1.6. */
const versionMin = [1, 6] as const;

const program: GoProgram = { module: 'go.k6.io/k6/v2', version, package: 'go.k6.io/k6/v2' };

/**
 * Finds k6 on `PATH`, else in the cache, else builds it there with Go (about two minutes, once), else runs its image.
 * @param shared folders that the image must see; `writable` ones it may write to
 * @throws Trouble when none of these is here
 */
export async function findK6(shared: { readable: string[]; writable: string[] }, progress: Progress): Promise<K6> {
  const onPath = find(['k6']);
  if (onPath && isNewEnough(onPath)) return { command: onPath, args: [] };
  const cached = join(cacheDir(), `k6-${version}`);
  if (existsSync(cached)) return { command: cached, args: [] };
  const go = findGo();
  if (go) return { command: await build(go, cached, progress), args: [] };
  const docker = find(['docker']);
  if (docker && spawnSync(docker, ['info'], { stdio: 'ignore' }).status === 0) return inDocker(docker, shared);
  throw new Trouble(`k6 ${versionMin.join('.')} or newer is not here, and neither is Go or Docker to get it with.`, [
    'Install k6 so that it is on PATH: https://grafana.com/docs/k6/latest/set-up/install-k6/',
    'Or install Go 1.26: k6 is then built once.',
  ]);
}

function isNewEnough(k6: string): boolean {
  const said = spawnSync(k6, ['version'], { encoding: 'utf8' }).stdout;
  const [, major = 0, minor = 0] = (/v(\d+)\.(\d+)/.exec(said) ?? []).map(Number);
  return major > versionMin[0] || (major === versionMin[0] && minor >= versionMin[1]);
}

function cacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'parley');
}

async function build(go: string, target: string, progress: Progress): Promise<string> {
  progress(`building k6 ${version} with Go into ${target} (once, about two minutes)`);
  await buildGo(go, program, target);
  return target;
}

function inDocker(docker: string, { readable, writable }: { readable: string[]; writable: string[] }): K6 {
  const volumes = [...readable.map((dir) => `${dir}:${dir}:ro`), ...writable.map((dir) => `${dir}:${dir}`)];
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  return {
    command: docker,
    args: [
      'run',
      '--rm',
      '--network=host',
      // By their names only: docker takes their values from its own environment.
      ...['PORT', 'PERIOD', 'EXPORT', 'RECORD'].map((name) => `--env=K6_WEB_DASHBOARD_${name}`),
      '--env=K6_WEB_DASHBOARD',
      '--env=K6_AUTO_EXTENSION_RESOLUTION',
      `--user=${user}`,
      ...volumes.map((volume) => `--volume=${volume}`),
      image,
    ],
  };
}

/**
 * Runs k6 with its output on our terminal. Settings reach the script and k6 itself.
 * @param args of k6, before the settings; `script` comes last
 * @returns its exit code: 0, 99 when a threshold was crossed
 */
export async function exitCode(
  { command, args: before }: K6,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  script: string,
): Promise<number> {
  const env = Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  return await run(command, [...before, ...args, ...env, script], { env: { ...process.env, ...settings } });
}
