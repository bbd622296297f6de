import { Message } from '../message.ts';
import { Closed, described, Emoji, MessageId, Rev } from '../values.ts';
import type { Command } from './command.ts';

const input = Closed({ messageId: MessageId, emoji: Emoji });
const output = Closed({
  message: described(Message, 'As it is now.'),
  rev: described(Rev, 'The change that this made, or that was made before.'),
});

export const reactionCommands = {
  'reaction.add': {
    summary: 'Reacts to a message, your own too: once with each emoji. Again changes nothing.',
    budget: 'write',
    input,
    output,
    errors: [
      'not_found',
      'forbidden',
      'not_member',
      'not_permitted',
      'closed',
      'muted',
      'limit_reached',
      'outcome_unknown',
    ],
    http: { method: 'PUT', path: '/v1/messages/:messageId/reactions/:emoji' },
  },
  'reaction.remove': {
    summary: 'Takes your reaction back. Again changes nothing.',
    budget: 'write',
    input,
    output,
    errors: ['not_found', 'forbidden', 'not_member', 'outcome_unknown'],
    http: { method: 'DELETE', path: '/v1/messages/:messageId/reactions/:emoji' },
  },
} as const satisfies Record<string, Command>;
