import type { CommandName, Output } from './commands/index.ts';
import type { ErrorCode } from './errors.ts';

/** How a refusal looks on the wire, in a socket's acknowledgement and in the body of an HTTP answer. */
export type Refusal = {
  code: ErrorCode;
  message: string;
  retryAfterMs?: number;
  details?: readonly { path: string; message: string }[];
};

/** What every command answers over a socket. Over HTTP the status tells `ok`, and the body is the same without it. */
export type Answer<N extends CommandName> = ({ ok: true } & Output<N>) | { ok: false; error: Refusal };
