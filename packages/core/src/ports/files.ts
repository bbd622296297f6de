/** Which file: ids are random and of one space. */
export type FileKey = { space: string; id: string };

/** Bytes `start` to `end`, both included. */
export type ByteRange = { start: number; end: number };

/** What arrived, aside and complete. Exactly one of `keep` and `discard` is called in the end. */
export type Received = {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
  /** The first bytes, as many as tell of what type they are: 4,100, or all. */
  head: Uint8Array;
  /** From now on `read` has it under this key. Once; whole or not at all, also when the machine stops meanwhile. */
  keep(key: FileKey): Promise<void>;
  /** Nothing is left of it. Safe to call twice. */
  discard(): Promise<void>;
};

/**
 * The bytes of uploaded files: what they mean, and whose they are, is known elsewhere (`Uploads`). Every node reads what
 * any node kept. Any number of calls at the same time; two of them never share a file.
 */
export interface Files {
  /**
   * Takes a stream in to its end. What was taken is on the disk when it answers, and is nobody's file yet.
   *
   * - A stream that fails or breaks off leaves nothing, and its error is thrown as it is.
   * - No more is held in memory than a few chunks.
   * @throws Failure `too_large` as soon as there are more bytes than these; nothing is left
   */
  receive(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Received>;
  /** The bytes, or a range of them that is within the file. `undefined`: there is no such file. */
  read(key: FileKey, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Idempotent. A read that began before goes on to its end. */
  remove(key: FileKey): Promise<void>;
  /** Removes what nodes that died were receiving: everything aside that began longer ago than this. @returns how many */
  sweep(olderThanMs: number): Promise<number>;
}

/** Where clients get a file: signed, and good for a time. It is made anew whenever a message is shown. */
export type LinkOf = (key: FileKey) => string;
