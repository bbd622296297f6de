import { readFileSync } from 'node:fs';

/** How many files a process may have open: a connection is one, two in HAProxy. */
export type FileLimit = { name: string; max: number };

/** @returns `undefined` for a process that is gone, and where there is no /proc */
export function fileLimitOf(name: string, pid: number | 'self'): FileLimit | undefined {
  try {
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
    if (soft === undefined) return undefined;
    return { name, max: soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft) };
  } catch {
    return undefined;
  }
}
