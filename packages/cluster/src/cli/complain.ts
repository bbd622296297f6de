import { styleText } from 'node:util';
import { Misconfiguration } from '@parley/node-kit';
import { type ErrorCode, errors } from '@parley/protocol';
import { Trouble } from '../trouble.ts';
import { parley } from '../typed.ts';

const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
  styleText(style, text, { stream: process.stderr });

/** Tells a person what went wrong and what to type; a defect of ours keeps its stack. */
export const complain = (error: unknown): void => void process.stderr.write(`${linesOf(error).join('\n')}\n`);

export function linesOf(error: unknown): string[] {
  const lines: string[] = [];
  if (error instanceof Trouble) {
    lines.push(
      `${paint('red', 'parley:')} ${error.message}`,
      ...error.remedy.map((line) => `  ${paint('dim', '→')} ${line}`),
    );
  } else if (error instanceof Misconfiguration) {
    lines.push(`${paint('red', 'parley:')} ${error.message}`);
  } else if (isAway(error)) {
    const why = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    lines.push(
      `${paint('red', 'parley:')} ${error.message}${why}`,
      `  ${paint('dim', '→')} ${parley('status')} says what is there; then the same once more`,
    );
  } else {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    lines.push(`${paint('red', 'parley:')} an unexpected error, and a defect of ours\n${told}`);
  }
  return lines;
}

type Told = { error: { code: string; message: string; remedy?: readonly string[] } };

/** The same for a program, which reads JSON. */
export function toldInJson(error: unknown): Told {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Trouble) return { error: { code: error.code, message, remedy: error.remedy } };
  if (error instanceof Misconfiguration) return { error: { code: 'misconfigured', message } };
  return { error: { code: isAway(error) ? error.code : 'internal', message } };
}

const away: readonly ErrorCode[] = ['unavailable', 'outcome_unknown', 'busy'];

/** Of the store: what it needs is not there, which is no defect of anybody's code. */
function isAway(error: unknown): error is Error & { code: string } {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return false;
  return error.code in errors && away.some((code) => code === error.code);
}

/** What most likely is a mistake, and no reason to stop. */
export const warn = (doubt: string): void => void process.stderr.write(`${paint('yellow', 'parley:')} ${doubt}\n`);
