import { conversationId, type Input } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import { hintsOf } from '../rules/tellings.ts';
import { readerIn } from './acting.ts';
import { namedConversation } from './named-conversation.ts';
import type { UseCase } from './use-case.ts';

export const startViewing: UseCase<'viewing.start'> = (parts, caller, input) => signal(parts, caller, input, true);
export const stopViewing: UseCase<'viewing.stop'> = (parts, caller, input) => signal(parts, caller, input, false);

async function signal(parts: Parts, caller: Caller, input: Input<'viewing.start'>, viewing: boolean) {
  const { space, session } = caller;
  if (!session) throw new Failure('unknown_command', 'This command is for a live connection.');
  const no = await namedConversation(parts, caller, input);
  const memberId = await readerIn(parts, caller, no);
  const facts = await parts.conversations.facts(space, memberId, no);
  if (!session.look(no, viewing)) return {};
  for (const { userId, audience } of hintsOf(facts, memberId, caller.userId)) {
    const payload = { conversationId: conversationId(no), userId, viewing };
    parts.fanout.tell({ name: 'viewing.changed', payload, audience, order: undefined });
  }
  return {};
}
