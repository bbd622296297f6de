import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const text = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8');

type Enforcement = { file: string; title: string };

/** The invariants by their number, each with the tests that it names: lines of the form "- `file` › title". */
const invariants = new Map(
  [...text.matchAll(/^### (I\d+) [\s\S]*?(?=^### |(?![\s\S]))/gm)].map(([section, name = '']) => [
    name,
    [...section.matchAll(/^- `([^`]+)` › (.+)$/gm)].map(([, file = '', title = '']): Enforcement => ({ file, title })),
  ]),
);

describe('the invariants of PROTOCOL.md', () => {
  it('are I1 to I12', () => {
    expect([...invariants.keys()]).toEqual(Array.from({ length: 12 }, (_, i) => `I${i + 1}`));
  });

  it('name at least one test each', () => {
    expect([...invariants].filter(([, tests]) => tests.length === 0).map(([name]) => name)).toEqual([]);
  });

  it('name only tests that exist', () => {
    const missing = [...invariants.values()].flat().filter(({ file, title }) => !has(file, title));
    expect(missing).toEqual([]);
  });
});

/** A title may be written over two lines, or with escaped quotes. */
function has(file: string, title: string): boolean {
  const path = new URL(file, root);
  return existsSync(path) && readFileSync(path, 'utf8').replaceAll("\\'", "'").includes(title);
}
