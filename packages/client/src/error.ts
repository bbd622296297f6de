import type { ErrorCode, Refusal } from '@parley/protocol';
import { errors } from '@parley/protocol/errors';

/** Ends that only a client knows: never sent, given up by `close()`, or not written to its storage. */
export type LocalCode = 'offline' | 'closed' | 'storage_failed';

type Extra = { cause?: unknown; retryAfterMs?: number | undefined; details?: Refusal['details'] };

/**
 * The one error of the SDK. `kind` tells the two answers apart: `refused` changed nothing; `unknown` may have, and the
 * same command with the same `clientId` tells (`send` asks again by itself).
 */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  readonly code: ErrorCode | LocalCode;
  readonly kind: 'refused' | 'unknown';
  readonly retryAfterMs: number | undefined;
  readonly details: Refusal['details'];

  constructor(code: ErrorCode | LocalCode, message: string, { cause, retryAfterMs, details }: Extra = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = isProtocolCode(code) ? errors[code].kind : 'refused';
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }
}

export function errorOf(refusal: Refusal): ParleyError {
  return new ParleyError(refusal.code, refusal.message, {
    retryAfterMs: refusal.retryAfterMs,
    details: refusal.details,
  });
}

/** Any failure as a `ParleyError`; what is none of ours keeps its own words as the cause. */
export function toParleyError(error: unknown, code: ErrorCode | LocalCode = 'outcome_unknown'): ParleyError {
  if (error instanceof ParleyError) return error;
  return new ParleyError(code, error instanceof Error ? error.message : String(error), { cause: error });
}

/** Whether the same command may succeed later without being changed. */
export function isRetryable({ code }: ParleyError): boolean {
  return isProtocolCode(code) ? errors[code].retry : code === 'offline';
}

function isProtocolCode(code: ErrorCode | LocalCode): code is ErrorCode {
  return Object.hasOwn(errors, code);
}
