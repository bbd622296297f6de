import { Type } from 'typebox';
import { Closed, ConversationId, described, MessageId, Seq, Unread, UserId } from '../values.ts';
import type { Command } from './command.ts';

export const receiptCommands = {
  'receipt.delivered': {
    summary: 'All up to `seq` has reached this device. Coalesced: told within a second or two.',
    budget: 'signal',
    input: Closed({ conversationId: ConversationId, seq: described(Seq, 'All up to here reached this device.') }),
    output: Closed({}),
    errors: ['not_found'],
    http: { method: 'PUT', path: '/v1/conversations/:conversationId/delivered' },
  },
  'message.read': {
    summary:
      "You have read this one message of somebody else's; those before it stay as they are, but those of an announcement, which is read up to here. Again changes nothing.",
    budget: 'write',
    input: Closed({ messageId: MessageId }),
    output: Closed({
      readSeq: described(Seq, 'Your watermark now: it takes in what was read one by one right after it.'),
      unread: Unread('What is left unread in this conversation.'),
    }),
    errors: ['not_found', 'not_member', 'forbidden', 'limit_reached', 'outcome_unknown'],
    http: { method: 'PUT', path: '/v1/messages/:messageId/read' },
  },
  'receipt.read': {
    summary: 'You have read all up to `seq` (clamped to the head). Committed before the answer; never goes back.',
    budget: 'write',
    input: Closed({
      conversationId: Type.Optional(described(ConversationId, 'Where. Over HTTP it is in the path.')),
      peerId: Type.Optional(
        described(UserId, 'The peer of a direct conversation that exists, in place of `conversationId`.'),
      ),
      seq: described(Seq, 'All up to here was read.'),
    }),
    output: Closed({
      readSeq: described(Seq, 'Your watermark now: never less than before.'),
      unread: Unread('What is left unread in this conversation.'),
    }),
    errors: ['not_found', 'not_member', 'outcome_unknown'],
    http: { method: 'PUT', path: '/v1/conversations/:conversationId/read' },
  },
} as const satisfies Record<string, Command>;
