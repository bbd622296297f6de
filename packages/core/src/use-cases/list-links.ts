import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import type { UseCase } from './use-case.ts';

export const listLinks: UseCase<'link.list'> = async ({ links }, { space, userId, role }, input) => {
  const { userId: whose = userId, after, limit = limits.pageDefault } = input;
  if (whose !== userId && role !== 'admin') throw new Failure('forbidden');
  const page = await links.list(space, whose, { after, limit });
  return { links: page.links, ...(page.next !== undefined && { next: page.next }) };
};
