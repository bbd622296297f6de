import { conversationId, type Input } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';
import { audienceOf, isSmall } from '../rules/audience.ts';
import { namedConversation } from './named-conversation.ts';
import type { UseCase } from './use-case.ts';

export const startTyping: UseCase<'typing.start'> = (parts, caller, input) => signal(parts, caller, input, true);
export const stopTyping: UseCase<'typing.stop'> = (parts, caller, input) => signal(parts, caller, input, false);

async function signal(parts: Parts, caller: Caller, input: Input<'typing.start'>, typing: boolean) {
  const { space, userId } = caller;
  const no = await namedConversation(parts, caller, input);
  const facts = await parts.conversations.facts(space, userId, no);
  if (isSmall(facts)) {
    parts.fanout.tell({
      name: 'typing.changed',
      payload: { conversationId: conversationId(no), userId, typing },
      audience: audienceOf(facts),
      order: undefined,
    });
  }
  return {};
}
