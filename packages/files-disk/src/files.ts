import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ByteRange, FileKey, Files, Received } from '@parley/core';
import { writeAside } from './aside.ts';

/** Names that we make ourselves: what is not one of them never becomes a part of a path. */
const names = { space: /^[a-z][a-z0-9-]{0,31}$/, id: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ };

/** Under a name that no space can have. */
const asideName = '.receiving';

/**
 * Files in a folder that all API nodes share: `<space>/<first two of the id>/<id>`, each written aside and renamed when it
 * is complete and on the disk. A rename within one file system is atomic, so the folder must not span two.
 */
export function createFiles(folder: string) {
  const root = resolve(folder);
  const aside = join(root, asideName);

  return {
    async receive(source, bytesMax): Promise<Received> {
      await mkdir(aside, { recursive: true });
      const path = join(aside, randomUUID());
      const received = await writeAside(path, source, bytesMax);
      return {
        ...received,
        async keep(key) {
          const place = pathOf(root, key);
          await mkdir(dirname(place), { recursive: true });
          await rename(path, place);
          // The new name is safe from a power cut only when the folder that holds it is on the disk as well.
          await syncFolder(dirname(place));
        },
        discard: () => rm(path, { force: true }),
      };
    },
    async read(key, range?: ByteRange) {
      const file = await open(pathOf(root, key)).catch(unlessAbsent);
      return file?.createReadStream(range ?? {});
    },
    remove: (key) => rm(pathOf(root, key), { force: true }),
    async sweep(olderThanMs) {
      const before = Date.now() - olderThanMs;
      let swept = 0;
      for (const name of (await readdir(aside).catch(unlessAbsent)) ?? []) {
        const path = join(aside, name);
        const found = await stat(path).catch(unlessAbsent);
        if (!found || found.mtimeMs > before) continue;
        await rm(path, { force: true });
        swept++;
      }
      return swept;
    },
  } satisfies Files;
}

/** @throws RangeError for a key that no upload was given */
function pathOf(root: string, { space, id }: FileKey): string {
  if (!names.space.test(space) || !names.id.test(id)) throw new RangeError('this names no file');
  return join(root, space, id.slice(0, 2), id);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function unlessAbsent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
