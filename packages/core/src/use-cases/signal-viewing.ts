import { conversationId, type Input } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import { audienceOf, isSmall } from '../rules/audience.ts';
import { namedConversation } from './named-conversation.ts';
import type { UseCase } from './use-case.ts';

export const startViewing: UseCase<'viewing.start'> = (parts, caller, input) => signal(parts, caller, input, true);
export const stopViewing: UseCase<'viewing.stop'> = (parts, caller, input) => signal(parts, caller, input, false);

async function signal(parts: Parts, caller: Caller, input: Input<'viewing.start'>, viewing: boolean) {
  const { space, userId, session } = caller;
  if (!session) throw new Failure('unknown_command', 'This command is for a live connection.');
  const no = await namedConversation(parts, caller, input);
  const facts = await parts.conversations.facts(space, userId, no);
  if (session.look(no, viewing) && isSmall(facts)) {
    parts.fanout.tell({
      name: 'viewing.changed',
      payload: { conversationId: conversationId(no), userId, viewing },
      audience: audienceOf(facts),
      order: undefined,
    });
  }
  return {};
}
