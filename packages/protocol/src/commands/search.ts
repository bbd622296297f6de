import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { Message } from '../message.ts';
import { Closed, ConversationId, Count, described, Text } from '../values.ts';
import type { Command } from './command.ts';

const Cursor = (description: string) => Type.String({ maxLength: 200, description });

export const SearchWords = Text(limits.searchCharsMax, {
  minLength: 1,
  description: 'Words; what stands between quotation marks is taken as it is. No sign means anything else.',
});

export const searchCommands = {
  'message.search': {
    summary:
      'Messages that contain every word of the query, also inside of other words, in whatever case; newest first. In one conversation, or in all that you are in; for the staff that is every support thread, too.',
    budget: 'read',
    input: Closed({
      q: SearchWords,
      conversationId: Type.Optional(described(ConversationId, 'Also one that you have left: what you saw of it.')),
      after: Type.Optional(Cursor('`next` of the last page, as it was.')),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: limits.pageMax,
          default: limits.pageDefault,
          description: 'Messages on the page; fewer come when they are long.',
        }),
      ),
    }),
    output: Closed({
      results: Type.Array(
        Closed({
          message: Message,
          ranges: Type.Array(
            Closed({
              start: Count('The first UTF-16 code unit of it.'),
              end: Count('The code unit after it.'),
            }),
            { maxItems: limits.searchRangesMax, description: 'Where the words stand in `body`, ascending and apart.' },
          ),
        }),
        { description: 'Newest first.' },
      ),
      next: Type.Optional(Cursor('There are older ones: give it back as `after`.')),
    }),
    errors: ['not_found'],
    http: { method: 'GET', path: '/v1/search' },
  },
} as const satisfies Record<string, Command>;
