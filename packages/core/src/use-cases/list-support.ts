import { limits, staffId } from '@parley/protocol';
import type { UseCase } from './use-case.ts';

export const listSupport: UseCase<'support.list'> = async ({ conversations }, { space }, input) => {
  const { after, limit = limits.pageDefault } = input;
  const { next, ...inbox } = await conversations.list(space, staffId, { after, limit });
  return { ...inbox, ...(next !== undefined && { next }) };
};
