import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningProcess } from '../state.ts';

export const targetsIn = (dir: string): string => join(dir, 'targets.json');

/** What Prometheus scrapes, as its `file_sd_configs` read it: infra/prometheus/local.yml names this file. */
export function writeTargets(dir: string, statsUrl: string, processes: readonly RunningProcess[]): void {
  const nodes = processes.flatMap(({ name, kind, privatePort }) =>
    privatePort === undefined ? [] : [{ targets: [`127.0.0.1:${privatePort}`], labels: { job: kind, node: name } }],
  );
  const balancer = { targets: [new URL(statsUrl).host], labels: { job: 'haproxy' } };
  // Replaced in one step: Prometheus reads it whenever it changes.
  const draft = `${targetsIn(dir)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify([...nodes, balancer], undefined, 2)}\n`);
  renameSync(draft, targetsIn(dir));
}

export function forgetTargets(dir: string): void {
  rmSync(targetsIn(dir), { force: true });
}
