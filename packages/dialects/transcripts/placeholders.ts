import type { Golden } from './transcript.ts';

type Value = string | number;
/** What placeholders stand for, by name. */
export type Bound = Map<string, Value>;

const one = /^<(?:(integer|text|time):)?([\w !.]+)>$/;
const unnamed = /^<(integer|text|time)>$/;
const any = /<([\w !.]+)>/g;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const kinds: Readonly<Record<string, (value: unknown) => value is Value>> = {
  integer: (value): value is number => Number.isSafeInteger(value) && Number(value) > 0,
  text: (value): value is string => typeof value === 'string' && value !== '',
  time: (value): value is string => typeof value === 'string' && time.test(value),
};

/** What is sent: every placeholder replaced. One that is a whole text becomes its value, with its type. */
export function fill(golden: Golden, bound: Bound): unknown {
  if (typeof golden === 'string') {
    const name = one.exec(golden)?.[2];
    return name === undefined
      ? golden.replace(any, (_, within: string) => String(valueOf(within, bound)))
      : valueOf(name, bound);
  }
  if (typeof golden !== 'object' || golden === null) return golden;
  if (isList(golden)) return golden.map((entry) => fill(entry, bound));
  return Object.fromEntries(Object.entries(golden).map(([key, value]) => [key, fill(value, bound)]));
}

/** How what was seen differs from what was expected, a line for each place. Binds what is seen first. */
export function differences(expected: Golden, seen: unknown, bound: Bound, path = ''): string[] {
  if (isList(expected)) {
    if (expected[0] === '<others>') return missing(expected.slice(1), seen, bound, path);
    if (!Array.isArray(seen) || seen.length !== expected.length) return [unlike(expected, seen, path)];
    return expected.flatMap((entry, i) => differences(entry, seen[i], bound, `${path}/${i}`));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof seen !== 'object' || seen === null || Array.isArray(seen)) return [unlike(expected, seen, path)];
    const fields = new Map<string, unknown>(Object.entries(seen));
    const keys = new Set([...Object.keys(expected), ...fields.keys()]);
    return [...keys].flatMap((key) => {
      const value = expected[key];
      if (value === undefined) return [`${path}/${key} is not expected: ${JSON.stringify(fields.get(key))}`];
      return differences(value, fields.get(key), bound, `${path}/${key}`);
    });
  }
  const text = typeof expected === 'string' ? expected : '';
  const [, kind, name] = unnamed.exec(text) ?? one.exec(text) ?? [];
  if (kind !== undefined && (name === undefined || !bound.has(name))) {
    if (!kinds[kind]?.(seen)) return [unlike(expected, seen, path)];
    if (name !== undefined) bound.set(name, seen);
    return [];
  }
  const value = fill(expected, bound);
  return Object.is(value, seen) ? [] : [unlike(value, seen, path)];
}

/** What is nowhere in a list that holds more. Binds nothing. */
function missing(expected: readonly Golden[], seen: unknown, bound: Bound, path: string): string[] {
  const isThere = (entry: Golden) => (value: unknown) => differences(entry, value, new Map(bound)).length === 0;
  const all: unknown[] = Array.isArray(seen) ? seen : [];
  return expected.filter((entry) => !all.some(isThere(entry))).map((entry) => unlike(fill(entry, bound), seen, path));
}

function valueOf(name: string, bound: Bound): Value {
  const value = bound.get(name);
  if (value === undefined) throw new Error(`nothing is bound to <${name}> yet`);
  return value;
}

function unlike(expected: unknown, seen: unknown, path: string): string {
  return `${path || '/'}: expected ${JSON.stringify(expected)}, saw ${JSON.stringify(seen)}`;
}

const isList = (golden: Golden): golden is readonly Golden[] => Array.isArray(golden);
