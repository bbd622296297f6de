import type { LinkOf, NewMessage, SentFile } from '@parley/core';
import type { Attachment, OutsideAttachment } from '@parley/protocol';

/** One text for one command: its fields in one order, whatever the order in which they came. */
export function jsonOf({ attachments, files }: NewMessage): string | null {
  if (!attachments && !files) return null;
  return JSON.stringify([...(attachments ?? []).map(plain), ...(files ?? []).map(sent)]);
}

const plain = ({ url, name, type, bytes }: OutsideAttachment): OutsideAttachment => ({
  url,
  ...(name !== undefined && { name }),
  ...(type !== undefined && { type }),
  ...(bytes !== undefined && { bytes }),
});

const sent = ({ file: { space, id }, name, type, bytes }: SentFile): SentFile => ({
  file: { space, id },
  name,
  type,
  bytes,
});

/** As the types of the columns show what `jsonOf` wrote. */
export function shownOf({ attachments, files }: NewMessage, linkOf: LinkOf): Attachment[] | undefined {
  if (!attachments && !files) return undefined;
  const links = (files ?? []).map(({ file, name, type, bytes }) => ({
    id: file.id,
    url: linkOf(file),
    name,
    type,
    bytes,
  }));
  return [...(attachments ?? []).map(plain), ...links];
}
