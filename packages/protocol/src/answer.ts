import type { CommandName, Output } from './commands/index.ts';
import type { ErrorCode } from './errors.ts';

/** One place of a payload that does not fit: `path` is a JSON Pointer (`/` for the whole), `message` says why, in words. */
export type Problem = { path: string; message: string };

/** How a refusal looks on the wire, in a socket's acknowledgement and in the body of an HTTP answer. */
export type Refusal = {
  code: ErrorCode;
  message: string;
  retryAfterMs?: number;
  details?: readonly Problem[];
};

/** What every command answers over a socket. Over HTTP the status tells `ok`, and the body is the same without it. */
export type Answer<N extends CommandName> = ({ ok: true } & Output<N>) | { ok: false; error: Refusal };
