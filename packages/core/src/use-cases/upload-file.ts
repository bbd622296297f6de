import type { UploadedFile } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { FileParts, Sent } from '../filing.ts';
import type { Received } from '../ports/files.ts';
import { plainName, typeOf } from '../rules/file-types.ts';

/**
 * Takes a file in. One that breaks off, is too long, lies or exceeds the quota leaves nothing. Its row is written before
 * its bytes get their place: of a node that dies between the two a row remains, which no answer named, and which expires
 * as every file does that is not sent.
 * @throws Failure `too_large`, `unsupported_type`, `quota_exceeded`, `unavailable`, `outcome_unknown`
 */
export async function uploadFile(parts: FileParts, caller: Caller, sent: Sent): Promise<UploadedFile> {
  const { bytesMax } = parts.limitsOf(caller.space);
  const received = await parts.files.receive(sent.body, bytesMax);
  try {
    return await keep(parts, caller, sent, received);
  } catch (error) {
    await received.discard();
    throw error;
  }
}

async function keep(parts: FileParts, { space, userId }: Caller, sent: Sent, received: Received) {
  const { bytes, sha256, head } = received;
  const name = plainName(sent.name);
  const type = typeOf({ sniffed: await parts.sniff(head), head, declared: sent.type, name });
  if (type === undefined) throw new Failure('unsupported_type');
  const file = { space, id: parts.newId() };
  const { quotaBytesMax } = parts.limitsOf(space);
  const { uploadedAt } = await parts.uploads.add(userId, { file, name, type, bytes, sha256 }, quotaBytesMax);
  await received.keep(file);
  return { id: file.id, name, type, bytes, sha256, url: parts.linkOf(file), uploadedAt };
}
