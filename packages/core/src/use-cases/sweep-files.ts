import { limits } from '@parley/protocol';
import type { FileParts } from '../filing.ts';

const atOnce = 100;

/**
 * Clears away the bytes of files that nothing carries any more, and what dead nodes were receiving. Any node may, at any
 * time, beside others: what is unreachable stays so.
 */
export async function sweepFiles({ files, uploads }: Pick<FileParts, 'files' | 'uploads'>): Promise<void> {
  await uploads.expire(limits.fileUnsentMs);
  for (;;) {
    const keys = await uploads.unreachable(atOnce);
    if (keys.length === 0) break;
    for (const key of keys) await files.remove(key);
    await uploads.forget(keys);
  }
  await files.sweep(2 * limits.uploadTimeoutMs);
}
