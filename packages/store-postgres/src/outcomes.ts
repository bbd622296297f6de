import { Failure } from '@parley/core';
import type { ErrorCode } from '@parley/protocol';

/** The refusals that our functions answer by name. */
export type Refused = Extract<
  ErrorCode,
  'not_found' | 'not_member' | 'not_permitted' | 'closed' | 'muted' | 'forbidden' | 'limit_reached'
>;

type Why = { message?: string; details?: Failure['details'] };
type Answered = { outcome: 'ok' | Refused };

/**
 * The one row of a function that says how it went.
 * @param why what is said of a refusal, where its code does not say it all: not always it is a role that forbids
 * @throws Failure with the code that it names
 */
export function accepted<R extends Answered>(rows: readonly R[], why: Partial<Record<Refused, Why>> = {}): R {
  const [row] = rows;
  if (!row) throw new Error('the function answers one row');
  if (row.outcome === 'ok') return row;
  const { message, details } = why[row.outcome] ?? {};
  throw new Failure(row.outcome, message, details ? { details } : {});
}
