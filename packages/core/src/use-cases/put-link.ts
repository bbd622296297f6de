import { checkIsUser } from '../rules/reserved.ts';
import type { UseCase } from './use-case.ts';

export const putLink: UseCase<'link.put'> = async ({ links }, { space }, link) => {
  checkIsUser('/userA', link.userA);
  checkIsUser('/userB', link.userB);
  return { link: await links.put(space, link) };
};
