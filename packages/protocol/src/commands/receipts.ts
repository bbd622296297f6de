import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { Closed, ConversationId, Seq } from '../values.ts';
import type { Command } from './command.ts';

export const receiptCommands = {
  'receipt.delivered': {
    summary: 'All up to `seq` has reached this device. Coalesced: told within a second or two.',
    budget: 'signal',
    input: Closed({ conversationId: ConversationId, seq: Seq }),
    output: Closed({}),
    errors: ['not_found', 'not_member'],
    http: { method: 'PUT', path: '/v1/conversations/:conversationId/delivered' },
  },
  'receipt.read': {
    summary: 'You have read all up to `seq` (clamped to the head). Committed before the answer; never goes back.',
    budget: 'write',
    input: Closed({ conversationId: ConversationId, seq: Seq }),
    output: Closed({ readSeq: Seq, unread: Type.Integer({ minimum: 0, maximum: limits.unreadMax }) }),
    errors: ['not_found', 'not_member', 'outcome_unknown'],
    http: { method: 'PUT', path: '/v1/conversations/:conversationId/read' },
  },
} as const satisfies Record<string, Command>;
