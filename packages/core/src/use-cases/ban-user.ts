import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { checkIsUser } from '../rules/reserved.ts';
import type { UseCase } from './use-case.ts';

export const banUser: UseCase<'user.ban'> = async ({ administration, fanout }, admin, { userId, ...fields }) => {
  checkIsUser('/userId', userId);
  if (userId === admin.userId) throw new Failure('forbidden', 'Nobody bans themselves.');
  const { ban, holds } = await administration.ban(admin, userId, fields);
  if (holds) fanout.endSessions(admin.space, userId, 'banned');
  return { ban };
};

export const unbanUser: UseCase<'user.unban'> = async ({ administration }, admin, { userId }) => ({
  changed: await administration.unban(admin, userId),
});

export const listBans: UseCase<'ban.list'> = ({ administration }, { space }, input) => {
  const { offset = 0, limit = limits.pageDefault } = input;
  return administration.bans(space, { offset, limit });
};
