import type { Files, LinkOf } from './ports/files.ts';
import type { Uploads } from './ports/uploads.ts';

/** What files are taken in with. */
export type FileParts = {
  files: Files;
  uploads: Uploads;
  linkOf: LinkOf;
  /** The media type that the first bytes of a file are of; `undefined` where they are of none that is known. Never throws. */
  sniff(head: Uint8Array): Promise<string | undefined>;
  /** A random UUID: nobody guesses one. */
  newId(): string;
  limitsOf(space: string): { bytesMax: number; quotaBytesMax: number };
};

/** What an uploader sends, and says of it. The body may be read once. */
export type Sent = { name: string | undefined; type: string | undefined; body: AsyncIterable<Uint8Array> };
