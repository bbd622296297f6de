import { Failure, refusalOf } from '@parley/core';
import { type Dialect, native, Refused } from '@parley/dialects';
import { type ErrorCode, errors, type Refusal } from '@parley/protocol';
import type { FastifyReply } from 'fastify';

/** What Fastify itself refuses, in our words. Any other 4xx of its own is a request that is not well made. */
const ofFastify: Readonly<Record<string, readonly [ErrorCode, message?: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['invalid', 'The body is not JSON: send content-type application/json.'],
  FST_ERR_BAD_URL: ['invalid', 'The path is not percent-encoded UTF-8.'],
  FST_ERR_MAX_PARAM_LENGTH: ['invalid', 'A part of the path is longer than any id.'],
};

export function refused(code: ErrorCode, message?: string, extra?: ConstructorParameters<typeof Failure>[2]): Failure {
  return new Failure(code, message, extra);
}

/** Any error as the one that clients know. A defect of ours stays what it is, and says nothing of itself. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error)) return undefined;
  const known = 'code' in error && typeof error.code === 'string' ? ofFastify[error.code] : undefined;
  if (known) return refused(...known);
  const status = 'statusCode' in error ? Number(error.statusCode) : 500;
  return status >= 400 && status < 500 ? refused('invalid', error.message, { cause: error }) : undefined;
}

/** What the client may see of any error. */
const refusalFor = (error: unknown): Refusal =>
  error instanceof Refused ? error.refusal : refusalOf(failureOf(error) ?? error);

/** The status of the errors table, `Retry-After` where there is something to wait for, and a body as the contract has it. */
export function sendRefusal(reply: FastifyReply, error: unknown, { refusals }: Dialect = native): FastifyReply {
  const refusal = refusalFor(error);
  const { code, retryAfterMs } = refusal;
  const { status, retry } = errors[code];
  // Fastify would close the connection; a client that is still writing then reports a broken pipe in place of our answer.
  if (code === 'too_large') void reply.removeHeader('connection');
  if (retryAfterMs !== undefined || (retry && status === 503)) {
    void reply.header('retry-after', Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000)));
  }
  return reply.code(status).header('cache-control', 'no-store').send(refusals.body(refusal));
}
