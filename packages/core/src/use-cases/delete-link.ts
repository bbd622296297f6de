import type { UseCase } from './use-case.ts';

export const deleteLink: UseCase<'link.delete'> = async ({ links }, { space }, { userA, userB, kind }) => ({
  links: await links.remove(space, userA, userB, kind),
});
