import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { find, type Progress, Trouble } from '@parley/cluster';

export const version = '2.2.0';

/** How to run k6 here: what comes before its own arguments. Paths mean the same inside as outside. */
export type K6 = { command: string; args: string[] };

/** What it runs, whatever the scenario. */
export const mainPath = join(import.meta.dirname, '..', 'scenarios', 'main.ts');

/** `k6/websockets` is stable since v1.6. */
const versionMin = [1, 6] as const;

const goMod = `module parley/k6

go 1.26

require go.k6.io/k6/v2 v${version}
`;
// A main of our own, because `go install …@version` is refused by some module proxies.
const mainGo = `package main

import "go.k6.io/k6/v2/cmd"

func main() { cmd.Execute() }
`;

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
  const go = find(['go']);
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
  mkdirSync(cacheDir(), { recursive: true });
  const dir = mkdtempSync(`${target}-`);
  try {
    writeFileSync(join(dir, 'go.mod'), goMod);
    writeFileSync(join(dir, 'main.go'), mainGo);
    const code = await run(go, ['build', '-mod=mod', '-o', 'k6', '.'], { cwd: dir });
    if (code !== 0) throw new Trouble(`Building k6 failed (go build ended with ${code}).`, ['go version']);
    // Renamed when it is whole: of two builds at once, both leave a good file.
    renameSync(join(dir, 'k6'), target);
    return target;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
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
      ...['PORT', 'PERIOD', 'EXPORT'].map((name) => `--env=K6_WEB_DASHBOARD_${name}`),
      '--env=K6_WEB_DASHBOARD',
      '--env=K6_AUTO_EXTENSION_RESOLUTION',
      `--user=${user}`,
      ...volumes.map((volume) => `--volume=${volume}`),
      `grafana/k6:${version}`,
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

function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve(code ?? 1);
    });
  });
}
