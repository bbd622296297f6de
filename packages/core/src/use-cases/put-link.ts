import { checkIsUser } from '../rules/reserved.ts';
import type { UseCase } from './use-case.ts';

export const putLink: UseCase<'link.put'> = async ({ links, fanout }, { space }, link) => {
  checkIsUser('/userA', link.userA);
  checkIsUser('/userB', link.userB);
  const put = await links.put(space, link);
  fanout.linkChanged(space, put.userA, put.userB);
  return { link: put };
};
