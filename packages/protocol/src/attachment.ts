import { Type } from 'typebox';
import { limits } from './limits.ts';
import { Closed, Count, described, FileId, FileName, MediaType, Time, WebAddress } from './values.ts';

const name = Type.Optional(described(FileName, 'What people call it.'));

/** What a sender says of something behind a plain URL. The server never fetches it. */
export const OutsideAttachment = Closed(
  {
    url: WebAddress,
    name,
    type: Type.Optional(described(MediaType, 'What its sender says that it is: believe what serves it.')),
    bytes: Type.Optional(Count('How long it is, in bytes, as its sender says.')),
  },
  {
    $id: 'OutsideAttachment',
    description: 'Something behind a plain URL, as its sender describes it; the server never fetches it.',
  },
);
export type OutsideAttachment = Type.Static<typeof OutsideAttachment>;

export const OutsideAttachments = Type.Array(OutsideAttachment, {
  minItems: 1,
  maxItems: limits.attachmentsMax,
  description: 'What lies behind plain URLs.',
});

/** Something that a message carries beside its body: an uploaded file, or what lies behind a plain URL. */
export const Attachment = Closed(
  {
    id: Type.Optional(described(FileId, 'Of an uploaded file; absent where a sender named a plain URL.')),
    url: described(WebAddress, 'Where it is. The link of a file ends; whatever shows the message has a new one.'),
    name,
    type: Type.Optional(described(MediaType, "What it is: found in a file's bytes, or as the sender of a URL says.")),
    bytes: Type.Optional(Count('How long it is, in bytes: counted, or as the sender of a URL says.')),
  },
  {
    $id: 'Attachment',
    description: 'What a message carries beside its body: an uploaded file, or something behind a plain URL.',
  },
);
export type Attachment = Type.Static<typeof Attachment>;

/** A file as its upload answers it. */
export const UploadedFile = Closed(
  {
    id: described(FileId, 'For the `attachmentIds` of `message.send`, by whom uploaded it, in one message.'),
    name: described(FileName, 'What people call it: the last part of what its uploader named it.'),
    type: described(MediaType, 'What it is, by its bytes.'),
    bytes: Count('How long it is.'),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'The SHA-256 of its bytes, in hexadecimal.' }),
    url: described(WebAddress, 'Where it is, for `fileLinkMsMin` at least.'),
    uploadedAt: described(Time, 'When it was stored.'),
  },
  { $id: 'UploadedFile', description: 'A file that was uploaded, and that its uploader may send.' },
);
export type UploadedFile = Type.Static<typeof UploadedFile>;

export const Attachments = Type.Array(Attachment, {
  minItems: 1,
  maxItems: limits.attachmentsMax,
  description: 'What the message carries beside its body, in the order of its sender; uploaded files come last.',
});
