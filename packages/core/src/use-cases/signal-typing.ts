import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';
import { audienceOf, isSmall } from '../rules/audience.ts';
import { conversationNo } from '../rules/ids.ts';
import type { UseCase } from './use-case.ts';

export const startTyping: UseCase<'typing.start'> = (parts, caller, input) =>
  signal(parts, caller, input.conversationId, true);
export const stopTyping: UseCase<'typing.stop'> = (parts, caller, input) =>
  signal(parts, caller, input.conversationId, false);

async function signal({ conversations, fanout }: Parts, caller: Caller, conversationId: string, typing: boolean) {
  const { space, userId } = caller;
  const facts = await conversations.facts(space, userId, conversationNo(conversationId));
  if (isSmall(facts)) {
    fanout.tell({
      name: 'typing.changed',
      payload: { conversationId, userId, typing },
      audience: audienceOf(facts),
      order: undefined,
    });
  }
  return {};
}
