import { conversationId, type Input } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';
import { hintsOf } from '../rules/tellings.ts';
import { readerIn } from './acting.ts';
import { namedConversation } from './named-conversation.ts';
import type { UseCase } from './use-case.ts';

export const startTyping: UseCase<'typing.start'> = (parts, caller, input) => signal(parts, caller, input, true);
export const stopTyping: UseCase<'typing.stop'> = (parts, caller, input) => signal(parts, caller, input, false);

async function signal(parts: Parts, caller: Caller, input: Input<'typing.start'>, typing: boolean) {
  const no = await namedConversation(parts, caller, input);
  const memberId = await readerIn(parts, caller, no);
  const facts = await parts.conversations.facts(caller.space, memberId, no);
  const typist = { space: caller.space, no, memberId };
  if (typing && facts.peerIds) parts.typing.note(typist);
  if (!typing) parts.typing.end(typist);
  for (const { userId, audience } of hintsOf(facts, memberId, caller.userId)) {
    const payload = { conversationId: conversationId(no), userId, typing };
    parts.fanout.tell({ name: 'typing.changed', payload, audience, order: undefined });
  }
  return {};
}
