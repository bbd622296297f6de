/**
 * Binary values in packets: they travel as frames of their own, and a placeholder stands where they were. Imports
 * nothing.
 */

type Placeholder = { _placeholder: true; num: number };

/** Copies `value` with a placeholder for each binary value, which is pushed to `taken` in the order of its number. */
export function takeOut(value: unknown, taken: ArrayBuffer[]): unknown {
  const bytes = bytesOf(value);
  if (bytes) {
    taken.push(bytes);
    return { _placeholder: true, num: taken.length - 1 } satisfies Placeholder;
  }
  if (Array.isArray(value)) return value.map((item) => takeOut(item, taken));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, takeOut(item, taken)]));
}

/** The value with its binary parts in their places. @throws RangeError when a placeholder names none of them */
export function putBack(value: unknown, taken: readonly ArrayBuffer[]): unknown {
  if (Array.isArray(value)) return value.map((item) => putBack(item, taken));
  if (!isPlain(value)) return value;
  if (value['_placeholder'] === true) {
    const bytes = taken[Number(value['num'])];
    if (!bytes) throw new RangeError(`no binary frame has the number ${String(value['num'])}`);
    return bytes;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, putBack(item, taken)]));
}

/** A copy of what a view shows, because a WebSocket would send all that is behind it. */
function bytesOf(value: unknown): ArrayBuffer | undefined {
  if (value instanceof ArrayBuffer) return value;
  if (!ArrayBuffer.isView(value)) return undefined;
  const copy = new Uint8Array(value.byteLength);
  copy.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  return copy.buffer;
}

/** Made by `{}` or JSON: what has a `toJSON` (a date) says itself how it is written. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !('toJSON' in value && typeof value.toJSON === 'function');
}
