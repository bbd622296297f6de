import type { Refusal } from '@parley/protocol';
import { Trouble } from '../trouble.ts';

type Told = { code: string; message: string; details?: Refusal['details'] | undefined };

/** A refused command in a person's words: the code, what it means, and every place that is named, one a line. */
export function refused({ code, message, details = [] }: Told, remedy: readonly string[] = []): Trouble {
  const places = details.map(({ path, message: why }) => `\n  ${path}: ${why}`);
  return new Trouble(`Refused (${code}): ${message}${places.join('')}`, remedy);
}
