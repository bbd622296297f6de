import { createHash } from 'node:crypto';
import { Failure, type FileKey, type Files } from '@parley/core';

/** Files that last as long as this process. */
export function createFiles() {
  const kept = new Map<string, Uint8Array>();
  const nameOf = ({ space, id }: FileKey) => `${space}/${id}`;

  return {
    async receive(source, bytesMax) {
      let content = Buffer.alloc(0);
      for await (const chunk of source) {
        content = Buffer.concat([content, chunk]);
        if (content.byteLength > bytesMax) throw new Failure('too_large');
      }
      return {
        bytes: content.byteLength,
        sha256: createHash('sha256').update(content).digest('hex'),
        head: content.subarray(0, 4_100),
        keep: async (key) => void kept.set(nameOf(key), content),
        discard: async () => undefined,
      };
    },
    async read(key, range) {
      const content = kept.get(nameOf(key));
      return content && chunks(range ? content.subarray(range.start, range.end + 1) : content);
    },
    remove: async (key) => void kept.delete(nameOf(key)),
    sweep: async () => 0,
  } satisfies Files;
}

async function* chunks(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content;
}
