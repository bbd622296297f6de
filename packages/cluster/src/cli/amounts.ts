import { InvalidArgumentError } from 'commander';
import type { Counts } from './operate.ts';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `30s`, `500ms`, `2m`, `1h`. @returns milliseconds */
export function duration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (unitsMs[unit ?? ''] ?? Number.NaN);
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError('It has to be a time such as 30s, 500ms or 2m.');
}

/** `50/s`, or `50`: there is no other unit. @returns how many a second */
export function rate(text: string): number {
  const perSecond = Number(/^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)?.[1]);
  if (perSecond > 0) return perSecond;
  throw new InvalidArgumentError('It has to be a rate above 0, such as 50/s.');
}

/** One of `socket=5 api=3`, added to those before it; each kind once, because one of two counts would be a mistake. */
export function count(text: string, before: Counts = {}): Counts {
  const [, kind, number] = /^(socket|api)=(\d+)$/.exec(text) ?? [];
  if (kind === 'socket' || kind === 'api') {
    if (kind in before) throw new InvalidArgumentError(`It names ${kind} twice.`);
    return { ...before, [kind]: Number(number) };
  }
  throw new InvalidArgumentError('It has to be socket=<number> or api=<number>.');
}
