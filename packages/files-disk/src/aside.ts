import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { Failure, type Received } from '@parley/core';

/** As many of the first bytes as tell of what type a file is. */
const headBytesMax = 4_100;

type Written = Pick<Received, 'bytes' | 'sha256' | 'head'>;

/** Writes a stream to its end, and to the disk. Nothing is left at `path` when it throws. */
export async function writeAside(path: string, source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Written> {
  const file = await open(path, 'wx', 0o600);
  try {
    const written = await writeAll(file, source, bytesMax);
    await file.sync().catch(unwritable);
    return written;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** A full or failing disk: nothing was done, and later it may work. */
function unwritable(cause: unknown): never {
  throw new Failure('unavailable', 'Files cannot be stored at the moment.', { cause });
}

type Target = Awaited<ReturnType<typeof open>>;

async function writeAll(file: Target, source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Written> {
  const hash = createHash('sha256');
  let head: Uint8Array = new Uint8Array();
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new Failure('too_large', `A file has at most ${bytesMax} bytes here.`);
    if (head.byteLength < headBytesMax) head = Buffer.concat([head, chunk]).subarray(0, headBytesMax);
    hash.update(chunk);
    await file.writeFile(chunk).catch(unwritable);
  }
  return { bytes, sha256: hash.digest('hex'), head };
}
