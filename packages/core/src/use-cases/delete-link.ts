import type { UseCase } from './use-case.ts';

export const deleteLink: UseCase<'link.delete'> = async ({ links, fanout }, { space }, { userA, userB, kind }) => {
  const removed = await links.remove(space, userA, userB, kind);
  if (removed.length > 0) fanout.linkChanged(space, userA, userB);
  return { links: removed };
};
