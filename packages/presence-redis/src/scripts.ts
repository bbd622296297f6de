import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';

const names = ['renew', 'register', 'release', 'settle', 'sweep', 'lose', 'retire', 'read', 'online'] as const;
export type ScriptName = (typeof names)[number];

type Script = { text: string; sha: string };

// `../lua/` is the same folder from src/ and from a built dist/: nothing has to be copied by a build.
const textOf = (file: string) => readFileSync(new URL(`../lua/${file}.lua`, import.meta.url), 'utf8');

function load(): Record<ScriptName, Script> {
  const shared = textOf('shard');
  const entries = names.map((name) => {
    const text = `${shared}\n${textOf(name)}`;
    return [name, { text, sha: createHash('sha1').update(text).digest('hex') }] as const;
  });
  return Object.fromEntries(entries) as Record<ScriptName, Script>;
}

const scripts = load();

/** The whole text that Redis is given. */
export const scriptText = (name: ScriptName): string => scripts[name].text;

export type Run = (name: ScriptName, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

/**
 * Runs one operation by its hash; a Redis that does not know it (a new one, or one that restarted) is sent the text.
 * Rejects with whatever the connection says, within its command timeout.
 */
export async function runScript(
  redis: Redis | Cluster,
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const { sha, text } = scripts[name];
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(text, keys.length, ...keys, ...args);
  }
}
