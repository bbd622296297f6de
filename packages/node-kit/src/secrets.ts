import { readFileSync } from 'node:fs';
import type { Env } from './config.ts';

/** A secret, or why there is none although one was named; neither when nobody named one. */
export type Secret = { value?: string; problem?: string };

/**
 * The variable itself, or what stands in the file that `<variable>_FILE` names, as Docker and Kubernetes mount secrets.
 * The end of the file's last line is no part of it.
 */
export function readSecret(env: Env, variable: string): Secret {
  const value = env[variable];
  const path = env[`${variable}_FILE`];
  if (!path) return value ? { value } : {};
  if (value) return { problem: `${variable} and ${variable}_FILE are both set: keep one` };
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? { problem: `${variable}_FILE: the file ${path} is empty` } : { value: text };
  } catch (error) {
    return { problem: `${variable}_FILE: ${error instanceof Error ? error.message : String(error)}` };
  }
}
