import type { Stamp } from '../lib/stamp.ts';

/** Reading deliveries where they lie, without making texts of them. The same as `lib/scan.ts` and `lib/stamp.ts` do. */
const tilde = 0x7e;

export function startsWith(bytes: Buffer, head: Buffer, start: number, end: number): boolean {
  return end - start >= head.length && bytes.compare(head, 0, head.length, start, start + head.length) === 0;
}

/** The integer behind the first `key`; NaN where the frame has none. */
export function integerBehind(bytes: Buffer, key: Buffer, start: number, end: number): number {
  const at = bytes.indexOf(key, start);
  return at < 0 || at >= end ? Number.NaN : digitsAt(bytes, at + key.length, end).value;
}

export function stampIn(bytes: Buffer, start: number, end: number): Stamp | undefined {
  const at = bytes.indexOf(tilde, start);
  if (at < 0 || at >= end) return undefined;
  const sender = digitsAt(bytes, at + 1, end);
  const counter = digitsAt(bytes, sender.next + 1, end);
  const atUs = digitsAt(bytes, counter.next + 1, end);
  const isWhole = bytes[atUs.next] === tilde && !Number.isNaN(sender.value + counter.value + atUs.value);
  return isWhole ? { sender: sender.value, counter: counter.value, atUs: atUs.value } : undefined;
}

function digitsAt(bytes: Buffer, start: number, end: number): { value: number; next: number } {
  let value = 0;
  let at = start;
  for (; at < end; at += 1) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return { value: at === start ? Number.NaN : value, next: at };
}
