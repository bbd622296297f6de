import { Failure } from '@parley/core';
import type { ErrorCode } from '@parley/protocol';

/** The refusals that our functions answer by name. */
export type Refused = Extract<
  ErrorCode,
  'not_found' | 'not_member' | 'not_permitted' | 'closed' | 'muted' | 'forbidden' | 'limit_reached'
>;

type Answered = { outcome: 'ok' | Refused };

/**
 * The one row of a function that says how it went.
 * @param forbidden says why, where it is not the role of who asks that forbids it
 * @throws Failure with the code that it names
 */
export function accepted<R extends Answered>(
  rows: readonly R[],
  { forbidden, details }: { forbidden?: string; details?: Failure['details'] } = {},
): R {
  const [row] = rows;
  if (!row) throw new Error('the function answers one row');
  const message = row.outcome === 'forbidden' ? forbidden : undefined;
  if (row.outcome !== 'ok') throw new Failure(row.outcome, message, details ? { details } : {});
  return row;
}
