import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { diagnose, type Diagnosis } from '../doctor/doctor.ts';
import { look } from '../doctor/facts/look.ts';
import { projectRoot } from '../project-root.ts';
import { requireUrls } from '../server-urls.ts';
import { Trouble } from '../trouble.ts';
import { parley } from '../typed.ts';
import { paint, print } from './terminal.ts';
import { notRunning, whichCluster } from './which-cluster.ts';

export type DoctorOptions = {
  dir: string;
  json?: boolean;
  databaseUrl?: string;
  redisUrl?: string;
  haproxyConfig?: string;
};

/** Prints what bites, each with its remedy. @returns whether nothing is an error */
export async function doctor({ dir, json = false, ...given }: DoctorOptions): Promise<boolean> {
  requireUrls({ DATABASE_URL: given.databaseUrl, REDIS_URL: given.redisUrl });
  if (given.haproxyConfig !== undefined && !existsSync(given.haproxyConfig)) {
    throw new Trouble(`There is no file ${given.haproxyConfig}.`, ['--haproxy-config names the haproxy.cfg to judge.']);
  }
  const which = whichCluster(dir);
  // Whoever names servers means those, and not the cluster that happens to run here.
  const named = given.databaseUrl !== undefined || given.redisUrl !== undefined;
  const cluster = named ? undefined : which;
  const { databaseUrl = cluster?.databaseUrl, redisUrl = cluster?.redisUrl } = given;
  if (databaseUrl === undefined && redisUrl === undefined && cluster?.adminSocket === undefined) {
    throw notRunning(which, `or name servers: ${parley('doctor', '--database-url', '…', '--redis-url', '…')}`);
  }
  const facts = await look({
    databaseUrl,
    redisUrl,
    presenceRedisUrl: cluster?.presenceRedisUrl,
    adminSocket: cluster?.adminSocket,
    state: cluster?.state,
    haproxyConfig: given.haproxyConfig ?? join(projectRoot, 'haproxy.cfg'),
    spacesPath: which.spacesPath,
    env: process.env,
    now: Date.now,
  });
  const diagnosis = diagnose(facts);
  print(json ? JSON.stringify(diagnosis, undefined, 2) : describe(diagnosis));
  return diagnosis.healthy;
}

/** Running nodes may have been started by another shell, on another machine. */
function judged(environment: string): string {
  const asProduction = environment === 'production' ? '' : `; as production: NODE_ENV=production ${parley('doctor')}`;
  return `Secrets, origins and TLS are judged as NODE_ENV=${environment} of this shell, not of running nodes${asProduction}`;
}

export function describe({ environment, healthy, findings, passed, left }: Diagnosis): string {
  const found = findings.flatMap(({ check, level, problem, remedy }, i) => [
    `${level === 'error' ? paint('red', '✗ error  ') : paint('yellow', '! warning')} ${check}: ${problem}`,
    // What mends several findings in a row is said below the last of them.
    ...(findings[i + 1]?.remedy === remedy ? [] : [`            → ${remedy}`]),
  ]);
  return [
    ...passed.map((name) => `${paint('green', '✓')} ${name}`),
    ...left.map((name) => `${paint('dim', '–')} ${name}: nothing to look at`),
    ...found,
    '',
    healthy
      ? paint('green', findings.length === 0 ? 'All is well' : 'Nothing is broken')
      : paint('red', 'Something bites'),
    paint('dim', judged(environment)),
  ].join('\n');
}
