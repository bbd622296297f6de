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
 * @throws Failure with the code that it names
 */
export function accepted<R extends Answered>(rows: readonly R[], details?: Failure['details']): R {
  const [row] = rows;
  if (!row) throw new Error('the function answers one row');
  if (row.outcome !== 'ok') throw new Failure(row.outcome, undefined, details ? { details } : {});
  return row;
}
