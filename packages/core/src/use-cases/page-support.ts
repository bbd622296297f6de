import { limits, staffId } from '@parley/protocol';
import type { UseCase } from './use-case.ts';

export const pageSupport: UseCase<'support.page'> = ({ conversations }, { space }, input) => {
  const { offset = 0, limit = limits.pageDefault } = input;
  return conversations.page(space, staffId, { offset, limit });
};
