/**
 * Reading a field out of a JSON text without parsing it. Only for texts whose shape is known: the first place where
 * the key stands must be the field itself, never a user's words.
 */

/** The integer behind `key` (`"seq":`), or NaN. `from` skips what is known to come before. */
export function integerAfter(text: string, key: string, from = 0): number {
  const at = text.indexOf(key, from);
  if (at < 0) return Number.NaN;
  let value = 0;
  let i = at + key.length;
  const first = i;
  for (; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return i === first ? Number.NaN : value;
}

/** The text behind `key` (`"id":"`) up to the next quotation mark: only for values that need no escapes. */
export function wordAfter(text: string, key: string, from = 0): string | undefined {
  const at = text.indexOf(key, from);
  if (at < 0) return undefined;
  const start = at + key.length;
  const end = text.indexOf('"', start);
  return end < 0 ? undefined : text.slice(start, end);
}
