import type { UseCase } from './use-case.ts';

export const forgetTalk: UseCase<'link.forget'> = async ({ talkHost, fanout }, { space }, { userA, userB }) => {
  talkHost.forget(space, userA, userB);
  fanout.forgetTalk(space, userA, userB);
  return {};
};
