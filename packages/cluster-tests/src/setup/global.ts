import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

/** What a test needs to know of the cluster that is there for all tests of the project. */
export type SharedCluster = {
  controlUrl: string;
  url: string;
  urls: Record<string, string>;
  statsUrl: string;
  databaseUrl: string;
  redisUrl: string;
  spacesPath: string;
  dir: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    cluster: SharedCluster;
  }
}

const stopMs = 20_000;

/**
 * Before the first test: the whole cluster, real processes behind the real haproxy.cfg; one for all test files. It lives
 * in a process of its own, which plain Node runs as it runs in production.
 */
export default async function startShared(project: TestProject): Promise<() => Promise<void>> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const owner = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(owner, 'exit');
  const died = exited.then(([code]) => {
    throw new Error(`the shared cluster did not start (exit code ${code})`);
  });
  const said = once(createInterface({ input: owner.stdout }), 'line');
  const [line] = (await Promise.race([said, died])) as [string];
  died.catch(() => undefined);
  project.provide('cluster', JSON.parse(line) as SharedCluster);
  return async () => {
    const cut = setTimeout(() => owner.kill('SIGKILL'), stopMs);
    owner.stdin.end();
    await exited;
    clearTimeout(cut);
  };
}
