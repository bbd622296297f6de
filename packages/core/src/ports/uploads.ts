import type { SentFile } from './messages.ts';
import type { FileKey } from './files.ts';

/** A file that is kept, as it was found to be. `sha256` in hexadecimal. */
export type Upload = SentFile & { sha256: string; uploadedAt: string };

/**
 * Who uploaded what, and which message carries it. The bytes themselves are elsewhere (`Files`). Every method throws
 * `Failure`.
 */
export interface Uploads {
  /**
   * Makes the file its owner's, if all of theirs are not more than `quotaBytes` then: exactly, whatever is uploaded, sent
   * and deleted at the same time on other nodes.
   * @throws `quota_exceeded`, and nothing is changed
   */
  add(ownerId: string, upload: Omit<Upload, 'uploadedAt'>, quotaBytes: number): Promise<Upload>;
  /** What this user uploaded in this space, of these, in this order; also what was sent or deleted since. */
  owned(space: string, ownerId: string, ids: readonly string[]): Promise<SentFile[]>;
  /** `undefined`: there is no such file in this space, or nothing carries it any more. */
  find(key: FileKey): Promise<Upload | undefined>;
  /**
   * Takes files away that no message carried for so long, and gives their bytes back to their owners' quotas. Whoever
   * sends one at this moment either has it or is refused.
   */
  expire(unsentMs: number): Promise<void>;
  /** Some of the files that are not reachable any more, and whose bytes still lie about. */
  unreachable(limit: number): Promise<FileKey[]>;
  /** Their bytes are gone. Idempotent. */
  forget(keys: readonly FileKey[]): Promise<void>;
}
