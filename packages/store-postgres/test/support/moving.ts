import { type MovedLine, parseMovedLine } from '@parley/protocol';
import type { Store } from '../../src/index.ts';

/** Reads lines as `parley import` does, in batches of so many. @returns what was refused */
export async function moveIn(store: Store, space: string, text: string, batchMax = 7) {
  const lines = text.split('\n').filter((line) => line !== '');
  const batch = lines.map((line, i) => ({ n: i + 1, line: parsed(line) }));
  for (let at = 0; at < batch.length; at += batchMax) {
    const refused = await store.importLines(space, batch.slice(at, at + batchMax), { keep: true });
    if (refused.length > 0) return refused;
  }
  return [];
}

export async function moveOut(store: Store, space: string): Promise<string> {
  let text = '';
  for await (const line of store.exportLines(space)) text += line;
  return text;
}

export const textOf = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

function parsed(text: string): MovedLine {
  const moved = parseMovedLine(text);
  if (!moved.ok) throw new Error(`${moved.error.message} ${text}`);
  return moved.value;
}
