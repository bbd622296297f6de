/**
 * Whether a parsed JSON value is nested no deeper than `max` levels (a scalar has none, `{}` has one) and has no key
 * `__proto__`, which a schema that is closed to unknown properties lets through all the same.
 *
 * Stops at the first level too deep, so that a hostile payload costs no more than a friendly one of its size.
 * Binary is a leaf: its schema refuses it by type.
 */
export function depthWithin(value: unknown, max: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  if (max === 0) return false;
  if (Array.isArray(value)) return value.every((item) => depthWithin(item, max - 1));
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__' || !depthWithin(item, max - 1)) return false;
  }
  return true;
}
