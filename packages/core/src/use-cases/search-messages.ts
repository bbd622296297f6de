import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import { rangesOf, termsOf } from '../rules/search-terms.ts';
import { isStaff } from '../rules/staff.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const searchMessages: UseCase<'message.search'> = async (parts, caller, input) => {
  const { q, conversationId, after, limit = limits.pageDefault } = input;
  const terms = wantedTerms(q);
  const no = conversationId === undefined ? undefined : conversationNo(conversationId);
  const { space } = caller;
  const reader = no === undefined ? caller.userId : await readerIn(parts, caller, no);
  if (no !== undefined) await parts.conversations.get(space, reader, no);
  const pool = isStaff(caller.role);
  const { messages, next } = await parts.search.find(space, reader, { terms, no, after, limit, pool });
  const results = messages.map((message) => ({
    message,
    ranges: rangesOf(message.body, terms, limits.searchRangesMax),
  }));
  return { results, ...(next !== undefined && { next }) };
};

export const pageSearch: UseCase<'search.page'> = async (parts, caller, input) => {
  const { q, conversationId, offset = 0, limit = limits.pageDefault } = input;
  const terms = wantedTerms(q);
  const no = conversationNo(conversationId);
  return parts.search.position(caller.space, await readerIn(parts, caller, no), no, { terms, offset, limit });
};

function wantedTerms(q: string): string[] {
  const terms = termsOf(q);
  if (terms.length === 0) throw new Failure('invalid', 'There is nothing to search for.');
  return terms;
}
