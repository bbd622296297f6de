import { stripVTControlCharacters, styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours only where a person looks: not in a pipe, not with NO_COLOR. */
export const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });

/** What other people wrote, on one line and without anything that could steer the terminal. */
export function harmless(text: string): string {
  const line = stripVTControlCharacters(text).replaceAll(/\s+/g, ' ');
  // Control characters, and those that turn the direction of the text after them.
  return line.replaceAll(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

export const print = (text = ''): void => void process.stdout.write(`${text}\n`);

/** Rows under a header, columns as wide as their widest cell. Colours do not count as width. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, column) => Math.max(width(cell), ...rows.map((row) => width(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell))).join('  ')}`.trimEnd();
  return [paint('dim', line(header)), ...rows.map(line)].join('\n');
}

const width = (text: string): number => stripVTControlCharacters(text).length;
