import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { onWake } from '../src/wake.ts';

const source = new URL('../src/', import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

it('only the storage in files needs Node, so that everything else runs in a browser', () => {
  const needsNode = files.filter((name) => /from 'node:/.test(readFileSync(new URL(name, source), 'utf8')));
  expect(needsNode).toEqual(['storage/file.ts']);
});

it('takes tables, never schemas, from the protocol, so that no schema compiler is shipped to a browser', () => {
  const values = files.flatMap((name) => {
    const text = readFileSync(new URL(name, source), 'utf8');
    return [...text.matchAll(/^import (?!type).* from [']([@]parley[^']*)[']/gm)].map(([, module]) => module);
  });
  expect(new Set(values)).toEqual(
    new Set(['@parley/protocol/closings', '@parley/protocol/errors', '@parley/protocol/limits']),
  );
});

it('tries at once when the network comes back, and no longer when it was told to stop', () => {
  const page = new EventTarget();
  let tries = 0;
  const stop = onWake(() => (tries += 1), page);
  page.dispatchEvent(new Event('online'));
  page.dispatchEvent(new Event('pageshow'));
  stop();
  page.dispatchEvent(new Event('online'));
  expect(tries).toBe(2);
});
