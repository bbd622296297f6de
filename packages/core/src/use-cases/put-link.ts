import type { UseCase } from './use-case.ts';

export const putLink: UseCase<'link.put'> = async ({ links }, { space }, link) => ({
  link: await links.put(space, link),
});
