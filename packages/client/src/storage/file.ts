import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Change, Json, Storage } from './storage.ts';

/** The journal is written anew, as one line per key, when it has this many lines more than keys. */
const journalLinesMax = 2_000;

/**
 * A journal in one file: each line is a batch of changes. An append is followed by `fsync`, and batches that wait
 * meanwhile share the next one. A line that a crash tore is the last one and was never answered for: it is left out.
 * Compacting writes a new file beside it and renames it over the old one, which is atomic.
 *
 * One process at a time: two clients on one file would overwrite each other.
 */
export function fileStorage(path: string): Storage {
  const entries = new Map<string, Json>();
  let journal: FileHandle | undefined;
  let lines = 0;
  let waiting: Change[][] = [];
  let tail: Promise<void> = Promise.resolve();

  async function compact(): Promise<void> {
    const beside = `${path}.new`;
    const fresh = await open(beside, 'w', 0o600);
    try {
      await fresh.writeFile([...entries].map(([key, value]) => line([{ key, value }])).join(''));
      await fresh.sync();
      await rename(beside, path);
    } catch (error) {
      await fresh.close();
      throw error;
    }
    await syncFolder(dirname(path));
    await journal?.close();
    journal = fresh;
    lines = entries.size;
  }

  async function flush(): Promise<void> {
    const batches = waiting;
    waiting = [];
    if (batches.length === 0) return;
    if (!journal) throw new Error('load() comes first');
    await journal.appendFile(batches.map(line).join(''));
    await journal.datasync();
    for (const batch of batches) apply(entries, batch);
    lines += batches.length;
    if (lines > entries.size + journalLinesMax) await compact();
  }

  return {
    async load() {
      const text = await readFile(path, 'utf8').catch(absentIsEmpty);
      for (const batch of text.split('\n')) apply(entries, parse(batch));
      await compact();
      return new Map(entries);
    },
    write(changes) {
      waiting.push([...changes]);
      const done = tail.then(flush);
      // One failed write fails its own callers; the next one tries again.
      tail = done.catch(() => {});
      return done;
    },
    async close() {
      await tail;
      await journal?.close();
      journal = undefined;
    },
  };
}

function line(changes: readonly Change[]): string {
  return `${JSON.stringify(changes)}\n`;
}

function parse(text: string): Change[] {
  try {
    return JSON.parse(text) as Change[];
  } catch {
    return [];
  }
}

function apply(entries: Map<string, Json>, changes: readonly Change[]): void {
  for (const { key, value } of changes) {
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  }
}

function absentIsEmpty(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
  throw error;
}

/** A rename is durable once its folder is. Some systems open no folders; there the rename has to do. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  if (!folder) return;
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
