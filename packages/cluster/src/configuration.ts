import { resolve } from 'node:path';
import { loadSpaces, Misconfiguration, readConfig } from '@parley/node-kit';
import type { ClusterOptions } from './cluster.ts';
import { DRAIN_MS } from './crew.ts';
import { environmentOfNode } from './node-process.ts';
import { requireUrls } from './server-urls.ts';
import { defaultSpacesPath } from './setting.ts';
import { Trouble } from './trouble.ts';

/** Stands for what is known only when it runs: a node of this plan is never started. */
const embedded = { databaseUrl: 'postgres://embedded', redisUrl: 'redis://embedded' };
const anyNode = { id: 's1', kind: 'socket', slot: 's1', port: 1, privatePort: 2 } as const;

/**
 * Refuses, before anything starts, what the first node would refuse when PostgreSQL, Redis and HAProxy have been started
 * for it: all that is wrong with the URLs, with the other variables and with the file of spaces, at once.
 * @throws Trouble when a URL is wrong, else Misconfiguration
 */
export function requireConfiguration(options: ClusterOptions): void {
  const env = environmentOfNode({
    plan: anyNode,
    ...embedded,
    spacesPath: resolve(options.spacesPath ?? defaultSpacesPath),
    filesPath: process.env['PARLEY_FILES'] ?? '',
    spaceUrls: {},
    drainMs: options.drainMs ?? DRAIN_MS,
  });
  const urls = refusalOf(() =>
    requireUrls({
      DATABASE_URL: options.databaseUrl,
      REDIS_URL: options.redisUrl,
      PRESENCE_REDIS_URL: options.presenceRedisUrl,
    }),
  );
  const others = [
    refusalOf(() => void readConfig(env)),
    refusalOf(() => void loadSpaces(env['PARLEY_SPACES'] ?? '', env)),
  ].filter((refusal) => refusal instanceof Misconfiguration);
  if (others.length === 0 && urls) throw urls;
  if (others.length === 0) return;
  const misconfigured = Misconfiguration.together(others, []);
  if (!(urls instanceof Trouble)) throw misconfigured;
  throw new Trouble(`${urls.message}\n${misconfigured.message}`, urls.remedy);
}

function refusalOf(read: () => void): Trouble | Misconfiguration | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof Trouble || error instanceof Misconfiguration) return error;
    throw error;
  }
}
