import { styleText } from 'node:util';
import { Misconfiguration } from '@parley/node-kit';
import { Trouble } from '../trouble.ts';

const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
  styleText(style, text, { stream: process.stderr });

/** Tells a person what went wrong and what to type; a defect of ours keeps its stack. */
export function complain(error: unknown): void {
  const lines: string[] = [];
  if (error instanceof Trouble) {
    lines.push(
      `${paint('red', 'parley:')} ${error.message}`,
      ...error.remedy.map((line) => `  ${paint('dim', '→')} ${line}`),
    );
  } else if (error instanceof Misconfiguration) {
    lines.push(`${paint('red', 'parley:')} ${error.message}`);
  } else {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    lines.push(`${paint('red', 'parley:')} an unexpected error, and a defect of ours\n${told}`);
  }
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** What most likely is a mistake, and no reason to stop. */
export const warn = (doubt: string): void => void process.stderr.write(`${paint('yellow', 'parley:')} ${doubt}\n`);
