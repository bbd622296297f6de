import { limits } from '@parley/protocol';
import { messageKey } from '../rules/ids.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const readVersions: UseCase<'message.versions'> = async (parts, caller, { messageId, afterRev = -1 }) => {
  const key = messageKey(messageId);
  const readerId = await readerIn(parts, caller, key.no);
  return parts.history.versions(caller.space, readerId, key, { afterRev, limit: limits.versionsPageMax });
};
