import { Type } from 'typebox';
import { OutsideAttachments } from '../attachment.ts';
import { limits } from '../limits.ts';
import { Body, Message, MessageKind } from '../message.ts';
import {
  ClientId,
  Closed,
  ConversationId,
  described,
  Epoch,
  FileId,
  MessageId,
  Rev,
  Seq,
  Text,
  Time,
  UserId,
} from '../values.ts';
import type { Command } from './command.ts';

export const messageCommands = {
  'message.send': {
    summary: 'Stores a message and answers once it is committed. Name the conversation, or the peer of a direct one.',
    budget: 'send',
    input: Closed({
      conversationId: Type.Optional(described(ConversationId, 'Where to. Over HTTP it is in the path.')),
      peerId: Type.Optional(
        described(
          UserId,
          'Whom to, in place of `conversationId`, over a socket: the direct conversation is made when there is none.',
        ),
      ),
      clientId: Type.Optional(ClientId),
      kind: Type.Optional(described(MessageKind, '`text`, which is what absent means; `system` is `forbidden`.')),
      body: Text(limits.bodyCharsMax, {
        description: 'What is said, kept as it is. Empty only for an `image` or `file` with an attachment.',
      }),
      attachments: Type.Optional(OutsideAttachments),
      attachmentIds: Type.Optional(
        Type.Array(FileId, {
          minItems: 1,
          maxItems: limits.attachmentsMax,
          uniqueItems: true,
          description:
            'Files that you uploaded, each in one message only; with `attachments` at most `attachmentsMax`.',
        }),
      ),
      replyTo: Type.Optional(described(MessageId, 'The message of the same conversation that it answers.')),
    }),
    output: Closed({
      id: MessageId,
      conversationId: ConversationId,
      seq: Seq,
      createdAt: described(Time, 'When it was stored.'),
      epoch: Epoch,
      duplicate: Type.Boolean({
        description: 'True when this `clientId` was stored before: these are the numbers of the first time.',
      }),
    }),
    errors: [
      'not_found',
      'not_member',
      'not_permitted',
      'closed',
      'muted',
      'forbidden',
      'conflict',
      'limit_reached',
      'outcome_unknown',
    ],
    http: { method: 'POST', path: '/v1/conversations/:conversationId/messages' },
  },
  'message.edit': {
    summary: 'Replaces the body of a message of your own.',
    budget: 'write',
    input: Closed({ messageId: MessageId, body: Body }),
    output: Closed({
      message: described(Message, 'As it is now.'),
      rev: described(Rev, 'The change that this made, or that was made before.'),
    }),
    errors: ['not_found', 'not_member', 'not_permitted', 'closed', 'muted', 'forbidden', 'outcome_unknown'],
    http: { method: 'PATCH', path: '/v1/messages/:messageId' },
  },
  'message.delete': {
    summary:
      "Turns a message of your own into a tombstone; for admins of the space anybody's, in any conversation. Deleting it again changes nothing.",
    budget: 'write',
    input: Closed({ messageId: MessageId }),
    output: Closed({
      message: described(Message, 'As it is now.'),
      rev: described(Rev, 'The change that this made, or that was made before.'),
    }),
    errors: ['not_found', 'not_member', 'forbidden', 'outcome_unknown'],
    http: { method: 'DELETE', path: '/v1/messages/:messageId' },
  },
  'message.versions': {
    summary:
      'What a message of a conversation of yours has said, in order: the last is what it says now. A deleted one says nothing.',
    budget: 'read',
    input: Closed({
      messageId: MessageId,
      afterRev: Type.Optional(described(Rev, 'Only what was written later: the `rev` of the last version of a page.')),
    }),
    output: Closed({
      versions: Type.Array(
        Closed({
          rev: described(Rev, 'The change that wrote it; 0 when it was sent.'),
          userId: described(UserId, 'Who wrote it.'),
          body: Text(limits.bodyCharsMax, { description: 'What it said.' }),
          at: described(Time, 'From when on.'),
        }),
        { maxItems: limits.versionsPageMax, description: 'Ascending by `rev`.' },
      ),
      more: Type.Boolean({ description: 'Whether there are later ones: ask with `afterRev`.' }),
    }),
    errors: ['not_found'],
    http: { method: 'GET', path: '/v1/messages/:messageId/versions' },
  },
} as const satisfies Record<string, Command>;
