import { integerAfter } from './scan.ts';

/**
 * What a load test writes into the body of a message, so that every receiver can check it alone: who sent it, the
 * sender's own counter (0, 1, 2 …, never skipped), and when it was scheduled, in µs of the generator's clock.
 *
 *     ~7.1402.90211375~xxxxxxxx…
 */
export type Stamp = { sender: number; counter: number; atUs: number };

const mark = '~';
export const bodyChars = 100;

export function stampedBody({ sender, counter, atUs }: Stamp, chars = bodyChars): string {
  return `${mark}${sender}.${counter}.${Math.floor(atUs)}${mark}`.padEnd(chars, 'x');
}

/** @returns `undefined` for a text without a stamp. Takes a whole frame: nothing before the body may hold a `~`. */
export function readStamp(text: string): Stamp | undefined {
  const at = text.indexOf(mark);
  if (at < 0) return undefined;
  const dot = text.indexOf('.', at);
  const second = text.indexOf('.', dot + 1);
  const stamp = {
    sender: integerAfter(text, mark, at),
    counter: integerAfter(text, '.', dot),
    atUs: integerAfter(text, '.', second),
  };
  return second < 0 || Number.isNaN(stamp.sender + stamp.counter + stamp.atUs) ? undefined : stamp;
}
