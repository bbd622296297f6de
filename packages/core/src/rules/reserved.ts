import { staffId } from '@parley/protocol';
import { Failure } from '../failure.ts';

/** @throws Failure `invalid` for the id that no user can have */
export function checkIsUser(path: string, userId: string): void {
  if (userId !== staffId) return;
  throw new Failure('invalid', 'This is the id of the staff, and no user can have it.', {
    details: [{ path, message: `${staffId} is reserved` }],
  });
}
