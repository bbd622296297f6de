import type { ErrorCode, Payload } from '@parley/protocol';
import { closings } from '@parley/protocol/closings';
import { backoffMs, returnMs } from './backoff.ts';
import { ParleyError, toParleyError } from './error.ts';
import { type Link, type LinkEnd, openLink, type PushName, type Ready } from './link.ts';
import type { Settings } from './options.ts';
import type { Timers } from './timers.ts';
import type { Tokens } from './tokens.ts';

export type ConnectionState =
  | { name: 'connecting' }
  | { name: 'online'; userId: string; nodeId: string }
  | { name: 'waiting'; retryInMs: number; reason: string }
  /** For good: the error says why. Only a new client, with another token, gets in. */
  | { name: 'stopped'; error: ParleyError }
  | { name: 'closed' };

export type Connection = {
  open(): void;
  /** Tries at once instead of waiting: the device woke up, or the network came back. */
  retry(): void;
  /** The session that commands go to. */
  readonly link: Link | undefined;
  readonly state: ConnectionState;
  close(): void;
};

type Listeners = {
  onState(state: ConnectionState): void;
  /** A session is there, whether the first one or one that takes over from another. */
  onReady(ready: Ready, link: Link): void;
  onPush<N extends PushName>(name: N, payload: Payload<N>): void;
};

/** Refusals of the token in a row before we believe them. */
const refusedTokensMax = 4;
/** How long a session that was left may take to answer what it was asked. */
const retireMs = 5_000;

/** Keeps one session alive: connects, comes back with jitter, moves to another node before it leaves the last one. */
export function createConnection(settings: Settings, tokens: Tokens, timers: Timers, listeners: Listeners): Connection {
  let state: ConnectionState = { name: 'connecting' };
  let current: Link | undefined;
  let opening: { link?: Link } | undefined;
  let failures = 0;
  let refusedTokens = 0;
  let cancelWait = () => {};

  const isOver = () => state.name === 'stopped' || state.name === 'closed';

  function become(next: ConnectionState): void {
    state = next;
    listeners.onState(next);
  }

  async function open(): Promise<void> {
    cancelWait();
    if (opening || isOver()) return;
    const attempt: { link?: Link } = {};
    opening = attempt;
    if (!current) become({ name: 'connecting' });
    let token: string;
    try {
      token = await tokens.get();
    } catch (cause) {
      opening = undefined;
      return again(`no token: ${toParleyError(cause).message}`);
    }
    if (isOver()) return;
    const link = openLink(settings, token, timers, {
      onReady: (ready) => welcome(ready, link),
      onPush: (name, payload) => listeners.onPush(name, payload),
      onMigrate: (afterMs) => link === current && migrate(afterMs),
      onEnd: (end) => ended(link, end),
    });
    attempt.link = link;
  }

  function welcome(ready: Ready, link: Link): void {
    const left = current;
    opening = undefined;
    current = link;
    failures = 0;
    refusedTokens = 0;
    cancelWait();
    tokens.endsAt(ready.expiresAt === undefined ? undefined : new Date(ready.expiresAt));
    become({ name: 'online', userId: ready.userId, nodeId: ready.nodeId });
    listeners.onReady(ready, link);
    if (left) retire(left, retireMs);
  }

  /** The old session hears on until its last answer came, so that nothing in flight becomes uncertain. */
  function retire(link: Link, restMs: number): void {
    if (link.inFlight === 0 || restMs <= 0) link.close();
    else timers.after(50, () => retire(link, restMs - 50));
  }

  /** Somewhere within the time that the node gives, and early enough that connecting fits in. */
  function migrate(afterMs: number): void {
    cancelWait = timers.after(Math.random() * 0.8 * afterMs, () => void open());
  }

  function ended(link: Link, end: LinkEnd): void {
    if (link === current) current = undefined;
    else if (link === opening?.link) opening = undefined;
    else return;
    // Another session is on its way already; its end decides.
    if (opening) return;
    const code = end.closing?.code ?? end.refusal?.code;
    const reason = code ?? end.reason;
    const retryAfterMs = end.closing?.retryAfterMs ?? end.refusal?.retryAfterMs;
    const next = nextAfter(end);
    if (next === 'reconnect') return again(reason, retryAfterMs);
    const message = end.closing?.message ?? end.refusal?.message ?? reason;
    const error = new ParleyError(codeOf(end), message);
    if (next === 'stop') return stop(error);
    tokens.forget();
    refusedTokens += 1;
    if (!tokens.renewable || refusedTokens > refusedTokensMax) return stop(error);
    again(reason, retryAfterMs);
  }

  function again(reason: string, retryAfterMs?: number): void {
    if (isOver()) return;
    const { reconnect } = settings;
    const isTold = retryAfterMs !== undefined;
    const retryInMs = isTold ? backoffMs(0, reconnect, retryAfterMs) : returnMs(failures, reconnect);
    // A server that says when to come paces those whom it refuses: they need not slow down by themselves.
    if (!isTold) failures += 1;
    if (!current) become({ name: 'waiting', retryInMs, reason });
    cancelWait();
    cancelWait = timers.after(retryInMs, () => void open());
  }

  function leave(): void {
    cancelWait();
    opening?.link?.close();
    current?.close();
    opening = undefined;
    current = undefined;
  }

  function stop(error: ParleyError): void {
    leave();
    become({ name: 'stopped', error });
  }

  return {
    open: () => void open(),
    retry() {
      if (!current) void open();
    },
    get link() {
      return current;
    },
    get state() {
      return state;
    },
    close() {
      if (state.name === 'closed') return;
      leave();
      become({ name: 'closed' });
    },
  };
}

type Next = 'reconnect' | 'refresh' | 'stop';

/** What a refused handshake means for the next one. Every other refusal passes by itself. */
const afterRefusal: Partial<Record<ErrorCode, Next>> = {
  unauthenticated: 'refresh',
  token_expired: 'refresh',
  token_revoked: 'stop',
  banned: 'stop',
  forbidden: 'stop',
  origin_refused: 'stop',
};

function nextAfter({ closing, refusal }: LinkEnd): Next {
  if (closing) return closings[closing.code].next;
  return (refusal && afterRefusal[refusal.code]) ?? 'reconnect';
}

function codeOf({ closing, refusal }: LinkEnd): ErrorCode {
  const code = closing?.code;
  if (code === 'token_expired' || code === 'token_revoked' || code === 'banned') return code;
  return refusal?.code ?? 'unavailable';
}
