import type { Problem } from './answer.ts';

/**
 * What is wrong with the nesting of a parsed JSON value: a place deeper than `max` levels (a scalar has none, `{}` has
 * one), or a key `__proto__`, which a schema that is closed to unknown properties lets through all the same.
 *
 * Stops at the first such place, so that a hostile payload costs no more than a friendly one of its size.
 * Binary is a leaf: its schema refuses it by type.
 */
export function nestingProblem(value: unknown, max: number): Problem | undefined {
  return problemAt('', value, max, max);
}

function problemAt(path: string, value: unknown, left: number, max: number): Problem | undefined {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (left === 0) return { path, message: `is nested deeper than ${max} levels` };
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return { path: `${path}/${key}`, message: 'is an unknown field' };
    const problem = problemAt(`${path}/${key}`, item, left - 1, max);
    if (problem) return problem;
  }
  return undefined;
}
