import { checkIsUser } from '../rules/reserved.ts';
import type { UseCase } from './use-case.ts';

export const putLink: UseCase<'link.put'> = async ({ links, fanout }, { space }, input) => {
  checkIsUser('/userA', input.userA);
  checkIsUser('/userB', input.userB);
  const { link, cancelled } = await links.put(space, input);
  for (const { userA, userB } of [link, ...cancelled]) fanout.linkChanged(space, userA, userB);
  return { link };
};
