import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createFiles as createMemoryFiles } from '@parley/testkit';
import { filesConformance } from '@parley/testkit/conformance/files';
import { afterAll, describe, expect, it } from 'vitest';
import { createFiles } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const aside = join(folder, '.receiving');
const id = '0b54ba3c-1111-4222-8333-444455556666';

filesConformance('on a disk', () => ({
  files: createFiles(folder),
  asides: async () => (await readdir(aside).catch(() => [])).length,
}));
filesConformance('in memory', () => ({ files: createMemoryFiles(), asides: async () => 0 }));

describe('files on a disk', () => {
  it('lie in a folder of their space, where only this user reads them', async () => {
    const received = await createFiles(folder).receive(one('x'), 9);
    await received.keep({ space: 'main', id });
    expect((await stat(join(folder, 'main', '0b', id))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a space', { space: '../main', id }],
    ['a space that is none', { space: '.receiving', id }],
    ['an id', { space: 'main', id: `../../../${id}` }],
    ['an id in capitals', { space: 'main', id: id.toUpperCase() }],
    ['nothing', { space: '', id: '' }],
  ])('are never looked for outside of their folder: %s', async (_what, key) => {
    const files = createFiles(folder);
    await expect(files.read(key)).rejects.toThrow(RangeError);
    await expect((async () => files.remove(key))()).rejects.toThrow(RangeError);
    const received = await files.receive(one('x'), 9);
    await expect(received.keep(key)).rejects.toThrow(RangeError);
    await received.discard();
  });

  it('that a dead node was receiving are swept, and not those that are received now', async () => {
    await mkdir(aside, { recursive: true });
    const [old, young] = [join(aside, 'old'), join(aside, 'young')];
    for (const path of [old, young]) writeFileSync(path, 'half');
    const anHourAgo = Date.now() / 1_000 - 3_600;
    utimesSync(old, anHourAgo, anHourAgo);
    expect(await createFiles(folder).sweep(1_800_000)).toBe(1);
    expect(await readdir(aside)).toEqual(['young']);
    rmSync(young);
  });

  it('need no folder to be there before', async () => {
    const elsewhere = createFiles(join(folder, 'deep', 'down'));
    expect(await elsewhere.sweep(0)).toBe(0);
    expect(await elsewhere.read({ space: 'main', id })).toBeUndefined();
    await (await elsewhere.receive(one('x'), 9)).keep({ space: 'main', id });
    const found = await elsewhere.read({ space: 'main', id });
    expect(found && (await text(found))).toBe('x');
  });
});

async function* one(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
