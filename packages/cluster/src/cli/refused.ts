import type { Refusal } from '@parley/protocol';
import { Trouble } from '../trouble.ts';

type Told = { code: string; message: string; details?: Refusal['details'] | undefined };

/** A refused command in a person's words: the code, what it means, and every place that is named, one a line. */
export function refused({ code, message, details = [] }: Told, remedy: readonly string[] = []): Trouble {
  // The message may name the first place itself.
  const others = details.filter(({ path, message: why }) => !message.includes(`${path} ${why}`));
  const places = others.map(({ path, message: why }) => `\n  ${path} ${why}`);
  return new Trouble(`Refused (${code}): ${message}${places.join('')}`, remedy);
}
