import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import { audienceOf, isSmall } from '../rules/audience.ts';
import { conversationNo } from '../rules/ids.ts';
import type { UseCase } from './use-case.ts';

export const startViewing: UseCase<'viewing.start'> = (parts, caller, input) =>
  signal(parts, caller, input.conversationId, true);
export const stopViewing: UseCase<'viewing.stop'> = (parts, caller, input) =>
  signal(parts, caller, input.conversationId, false);

async function signal({ conversations, fanout }: Parts, caller: Caller, conversationId: string, viewing: boolean) {
  const { space, userId, session } = caller;
  if (!session) throw new Failure('unknown_command', 'This command is for a live connection.');
  const no = conversationNo(conversationId);
  const facts = await conversations.facts(space, userId, no);
  if (session.look(no, viewing) && isSmall(facts)) {
    fanout.tell({
      name: 'viewing.changed',
      payload: { conversationId, userId, viewing },
      audience: audienceOf(facts),
      order: undefined,
    });
  }
  return {};
}
