import { redisUrls } from '@parley/node-kit';
import { Client } from 'pg';
import { askRedis } from './ask-redis.ts';
import { isOfCluster, loneNode, type Unfit } from './lone-node.ts';
import { Trouble } from './trouble.ts';

/** Whether a server answers, how fast, and what it is; `unfit` when it cannot be used as it is named. */
export type Health = { up: true; latencyMs: number; version: string; unfit?: Unfit } | { up: false; reason: string };

const CONNECT_MS = 3_000;

export async function postgresHealth(databaseUrl: string): Promise<Health> {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
    application_name: 'parley-status',
  });
  // The connection may break between two questions; the question itself then fails.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { latencyMs, value } = await timed(() => client.query<{ server_version: string }>('show server_version'));
    return { up: true, latencyMs, version: value.rows[0]?.server_version ?? '' };
  } catch (error) {
    return { up: false, reason: reasonOf(error) };
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function redisHealth(redisUrl: string): Promise<Health> {
  try {
    const { latencyMs, value } = await askRedis(redisUrl, (redis) => timed(() => redis.info()));
    const version = /(?:redis|valkey)_version:(\S+)/.exec(value)?.[1] ?? '';
    const isLoneNode = redisUrls(redisUrl).length === 1 && isOfCluster(value);
    return { up: true, latencyMs, version, ...(isLoneNode && { unfit: loneNode }) };
  } catch (error) {
    return { up: false, reason: reasonOf(error) };
  }
}

/** @throws Trouble that names the variable and what is wrong; never the URL's password */
export async function requireServer(
  variable: string,
  url: string,
  health: (url: string) => Promise<Health>,
): Promise<void> {
  const found = await health(url);
  if (found.up && found.unfit) {
    throw new Trouble(`${variable} cannot be used as it is (${withoutPassword(url)}): ${found.unfit.problem}`, [
      found.unfit.remedy,
    ]);
  }
  if (found.up) return;
  throw new Trouble(`${variable} names a server that does not answer (${withoutPassword(url)}): ${found.reason}`, [
    `Start that server, or leave ${variable} unset to use the embedded one.`,
  ]);
}

/** A URL, or several divided by commas, as it may be shown. */
export function withoutPassword(url: string): string {
  try {
    return redisUrls(url).map(masked).join(',');
  } catch {
    return 'not a URL';
  }
}

function masked(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}

async function timed<T>(ask: () => Promise<T>): Promise<{ latencyMs: number; value: T }> {
  const startedAt = performance.now();
  const value = await ask();
  return { latencyMs: Math.round((performance.now() - startedAt) * 10) / 10, value };
}

function reasonOf(error: unknown): string {
  // Node reports a refused connection to `localhost` as several errors under one without a message.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
