const units = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof units;

/** The lines that count, without comments. */
export const linesOf = (config: string): string[] =>
  config.split('\n').map((line) => line.replace(/(^|\s)#.*/, '').trim());

/** The lines of one section, such as `backend sockets`. */
export function sectionOf(config: string, head: string): string[] {
  const lines = linesOf(config);
  const start = lines.indexOf(head);
  if (start < 0) return [];
  const end = lines.findIndex(
    (line, index) => index > start && /^(global|defaults|frontend|backend|listen|resolvers)\b/.test(line),
  );
  return lines.slice(start + 1, end < 0 ? undefined : end);
}

/** A time as HAProxy writes it: `60s`, `1h`, and ms without a unit. The last line of a name counts. */
export function durationOf(config: string, name: string): number | undefined {
  const line = linesOf(config).findLast((each) => each.startsWith(`${name} `));
  const [, amount, unit = 'ms'] = /(\d+)(us|ms|s|m|h|d)?$/.exec(line ?? '') ?? [];
  return amount === undefined ? undefined : Number(amount) * units[unit as Unit];
}
