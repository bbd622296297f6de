import { type ErrorCode, errors, type Refusal } from '@parley/protocol';

type Extra = { cause?: unknown; retryAfterMs?: number; details?: Refusal['details'] };

/** The one error of the product. Its code says what happened, in the words of the protocol's table. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly details: Refusal['details'];

  constructor(code: ErrorCode, message: string = errors[code].meaning, { cause, retryAfterMs, details }: Extra = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }
}

/** What the client may see of a failure. Anything that is no `Failure` is a defect of ours: `internal`, and no word more. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Failure)) return { code: 'internal', message: errors.internal.meaning };
  return {
    code: error.code,
    message: error.message,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error.details && { details: error.details }),
  };
}
