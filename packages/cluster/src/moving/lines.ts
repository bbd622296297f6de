import { createReadStream } from 'node:fs';
import { type Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { movedLineBytesMax } from '@parley/protocol';

/** A line of a file; `text` is absent where it is longer than any may be. */
export type FileLine = { n: number; text: string | undefined };

/** The bytes of a file, of one that was packed with gzip, or of what comes through a pipe (`-`). */
export function openFile(file: string): Readable {
  const raw = file === '-' ? process.stdin : createReadStream(file);
  // An error on the way ends the reading, which tells it.
  return file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => undefined) : raw;
}

/** Its lines, numbered from 1, without the empty ones; of a line that is too long no more is kept than shows it. */
export async function* linesOf(bytes: AsyncIterable<Buffer>, bytesMax = movedLineBytesMax): AsyncGenerator<FileLine> {
  let n = 1;
  let parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): void => {
    size += part.length;
    if (size > bytesMax) parts = [];
    else parts.push(part);
  };
  const end = (): FileLine | undefined => {
    const line = { n, text: size > bytesMax ? undefined : Buffer.concat(parts).toString() };
    [n, parts, size] = [n + 1, [], 0];
    return line.text?.trim() === '' ? undefined : line;
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let to = chunk.indexOf('\n'); to >= 0; to = chunk.indexOf('\n', from)) {
      take(chunk.subarray(from, to));
      from = to + 1;
      const line = end();
      if (line) yield line;
    }
    take(chunk.subarray(from));
  }
  const last = end();
  if (last) yield last;
}

/** Groups of lines that are stored together: as many as fit. A line is never split, and never waits for another. */
export async function* batchesOf(
  lines: AsyncIterable<FileLine>,
  { linesMax = 1_000, bytesMax = 1024 * 1024 } = {},
): AsyncGenerator<FileLine[]> {
  let batch: FileLine[] = [];
  let bytes = 0;
  for await (const line of lines) {
    batch.push(line);
    bytes += line.text?.length ?? 0;
    if (batch.length < linesMax && bytes < bytesMax) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
