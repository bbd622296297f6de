import type { Spread } from './statistics.ts';

/** The first row names the columns; all but the first column are numbers. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i ? '---:' : '---'))), ...body.map(line)].join('\n');
}

/** `4.20 (3.90–4.41)` */
export function spreadText({ median, min, max }: Spread, digits: number): string {
  return `${numberText(median, digits)} (${numberText(min, digits)}–${numberText(max, digits)})`;
}

export function numberText(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
