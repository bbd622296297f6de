import { Type } from 'typebox';
import { limits } from './limits.ts';
import { Closed, Count, described, FileName, MediaType, WebAddress } from './values.ts';

/** Something that a message carries beside its body: what lies behind a plain URL. The server never fetches it. */
export const Attachment = Closed(
  {
    url: WebAddress,
    name: Type.Optional(described(FileName, 'What people call it.')),
    type: Type.Optional(described(MediaType, 'What its sender says that it is: believe what serves it.')),
    bytes: Type.Optional(Count('How long it is, in bytes, as its sender says.')),
  },
  {
    $id: 'Attachment',
    description: 'Something behind a plain URL, as its sender describes it; the server never fetches it.',
  },
);
export type Attachment = Type.Static<typeof Attachment>;

export const Attachments = Type.Array(Attachment, {
  minItems: 1,
  maxItems: limits.attachmentsMax,
  description: 'What the message carries beside its body, in the order of its sender.',
});
