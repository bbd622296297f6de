import { fileTypeFromBuffer } from 'file-type';

/** What the first bytes of a file are of. They may be too few for a format that says more of itself later. */
export async function sniff(head: Uint8Array): Promise<string | undefined> {
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  return found?.mime;
}
