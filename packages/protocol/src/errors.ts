/**
 * Every refusal, once. `kind` tells the two answers apart that a client must never confuse:
 * `refused` changed nothing and its code says why; `unknown` may have changed something, and the same command
 * with the same `clientId` tells.
 */
type ErrorEntry = {
  status: number;
  kind: 'refused' | 'unknown';
  /** Whether the same request may succeed later without being changed. */
  retry: boolean;
  meaning: string;
};

export const errors = {
  invalid: {
    status: 400,
    kind: 'refused',
    retry: false,
    meaning: 'The payload does not match its schema; `details` names the places.',
  },
  unknown_command: { status: 404, kind: 'refused', retry: false, meaning: 'No command or route has this name.' },
  too_large: {
    status: 413,
    kind: 'refused',
    retry: false,
    meaning: 'The frame or body is larger than `frameBytesMax`, or the file than `fileBytesMax`.',
  },
  unsupported_type: {
    status: 415,
    kind: 'refused',
    retry: false,
    meaning: 'The file is not what it says that it is: its first bytes are of another type.',
  },
  quota_exceeded: {
    status: 403,
    kind: 'refused',
    retry: false,
    meaning: 'Your files would be more than `fileQuotaBytesMax` together: delete messages that carry some.',
  },
  unauthenticated: {
    status: 401,
    kind: 'refused',
    retry: false,
    meaning: 'No token, or one that this space does not trust.',
  },
  token_expired: {
    status: 401,
    kind: 'refused',
    retry: false,
    meaning: 'The token is past its `exp` or its maximum age.',
  },
  token_revoked: {
    status: 401,
    kind: 'refused',
    retry: false,
    meaning: 'The token was issued before its user was revoked.',
  },
  banned: {
    status: 403,
    kind: 'refused',
    retry: false,
    meaning: 'An admin banned the user, for a time or for good; no token helps.',
  },
  origin_refused: {
    status: 403,
    kind: 'refused',
    retry: false,
    meaning: 'The page that connects is not on the allow-list of origins.',
  },
  forbidden: { status: 403, kind: 'refused', retry: false, meaning: 'Your role does not permit this.' },
  not_permitted: {
    status: 403,
    kind: 'refused',
    retry: false,
    meaning: 'The talk rule of this space does not let you talk to this user: it asks for a link or a role (§9).',
  },
  not_member: {
    status: 403,
    kind: 'refused',
    retry: false,
    meaning: 'You were a member of this conversation, and are no longer.',
  },
  not_found: {
    status: 404,
    kind: 'refused',
    retry: false,
    meaning: 'There is no such thing for you: it does not exist, or you never were a member.',
  },
  conflict: {
    status: 409,
    kind: 'refused',
    retry: false,
    meaning: 'This `clientId` was used for another command in this conversation.',
  },
  closed: {
    status: 409,
    kind: 'refused',
    retry: false,
    meaning: 'The conversation is closed: it takes no new messages and no edits, and can still be read.',
  },
  muted: {
    status: 403,
    kind: 'refused',
    retry: false,
    meaning: 'You are muted in this conversation for a time; your `mutedUntil` says how long.',
  },
  limit_reached: {
    status: 422,
    kind: 'refused',
    retry: false,
    meaning: 'It would exceed a limit; `details` names it.',
  },
  rate_limited: {
    status: 429,
    kind: 'refused',
    retry: true,
    meaning: 'More commands than the budget allows; `retryAfterMs` says when to go on.',
  },
  busy: {
    status: 503,
    kind: 'refused',
    retry: true,
    meaning: 'Too much is waiting already, on this connection or for the store; nothing was done.',
  },
  draining: {
    status: 503,
    kind: 'refused',
    retry: true,
    meaning: 'This node takes no new sessions; another one does.',
  },
  overloaded: {
    status: 503,
    kind: 'refused',
    retry: true,
    meaning: 'This node admits no more sessions at the moment.',
  },
  unavailable: {
    status: 503,
    kind: 'refused',
    retry: true,
    meaning: 'A part that is needed cannot be reached; nothing was changed.',
  },
  outcome_unknown: {
    status: 504,
    kind: 'unknown',
    retry: true,
    meaning: 'The store did not answer in time: it may be done. Send the same `clientId` again to learn it.',
  },
  internal: {
    status: 500,
    kind: 'unknown',
    retry: true,
    meaning: 'A defect of ours, logged with its ids. It may be done.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** What every command may answer; `errors` in the commands table names what else one may. */
export const commonErrors = [
  'invalid',
  'too_large',
  'unauthenticated',
  'token_expired',
  'token_revoked',
  'banned',
  'rate_limited',
  'busy',
  'unavailable',
  'internal',
] as const satisfies readonly ErrorCode[];

export type ErrorCode = keyof typeof errors;
export const errorCodes = Object.keys(errors) as ErrorCode[];
