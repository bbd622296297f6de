import { Type } from 'typebox';
import { limits } from './limits.ts';
import { Closed, Count, described, Emoji, UserId } from './values.ts';

/** One emoji under a message: how many gave it, and the first of them by name. */
export const Reaction = Closed(
  {
    emoji: Emoji,
    count: Count('How many users reacted with it.'),
    userIds: Type.Array(described(UserId, 'Who reacted.'), {
      minItems: 1,
      maxItems: limits.reactorsNamedMax,
      description: 'Who reacted with it, the first ones first: all of them, as long as `count` is not larger.',
    }),
  },
  { $id: 'Reaction', description: 'One emoji under a message, once for each user who gave it.' },
);
export type Reaction = Type.Static<typeof Reaction>;

export const Reactions = Type.Array(Reaction, {
  minItems: 1,
  maxItems: limits.emojisMax,
  description: 'In the order in which each emoji was first given. Absent when there is none.',
});
