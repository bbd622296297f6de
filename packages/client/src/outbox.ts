import type { Input, Output } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import { backoffMs } from './backoff.ts';
import type { Emitter } from './emitter.ts';
import { isRetryable, ParleyError, toParleyError } from './error.ts';
import type { ClientEvents } from './events.ts';
import type { Settings } from './options.ts';
import type { Json, Storage } from './storage/storage.ts';
import type { Call } from './sync.ts';
import type { Timers } from './timers.ts';
import { uuid } from './uuid.ts';

/** What to send, and where: a conversation, or the peer of a direct one. */
export type Draft = Pick<Input<'message.send'>, 'body'> &
  Partial<
    Pick<
      Input<'message.send'>,
      'conversationId' | 'peerId' | 'kind' | 'attachments' | 'attachmentIds' | 'replyTo' | 'clientId'
    >
  >;

/** A message that was asked for and is not acknowledged yet. `order` is the order of the calls. */
export type Entry = {
  readonly clientId: string;
  readonly order: number;
  readonly command: Input<'message.send'>;
  readonly createdAt: string;
};

export type Ack = Output<'message.send'>;

export type Outbox = {
  /** What an earlier start left unsent. Once, before anything else. */
  load(entries: ReadonlyMap<string, Json>): void;
  /** Kept durably before the first try, then tried until an answer says stored or refused. */
  send(draft: Draft): Promise<Ack>;
  /** Everything that waits, in order. */
  all(): Entry[];
  /** A session is there, and it is ours: go on. */
  resume(): void;
  /** The session went: what is under way there is tried again in the next one. */
  pause(): void;
  /** Another user's messages must never be sent as ours. */
  discard(): void;
  /** Resolves when it is empty. */
  drained(): Promise<void>;
  /** Nothing more is sent or taken; whoever waits hears why. What waits stays in the storage. */
  stop(why: ParleyError): void;
};

/** Messages that may wait at once. */
export const outboxMax = 1_000;
/** Conversations that are sent to at once; within one, the next message waits for the answer to the last. */
const lanesMax = 64;
/** What Socket.IO and the `clientId` add to a command in its frame, at most. */
const envelopeBytes = 256;
const table = 'outbox/';

type Waiting = { resolve: (ack: Ack) => void; reject: (error: ParleyError) => void };

export function createOutbox(
  storage: Storage,
  call: Call,
  /** The conversation that a peer's messages go to, as far as it is known. */
  laneOf: (command: Entry['command']) => string,
  settings: Settings,
  timers: Timers,
  events: Emitter<ClientEvents>,
): Outbox {
  const queue: Entry[] = [];
  let lastOrder = 0;
  const waiting = new Map<string, Waiting>();
  const sending = new Set<Entry>();
  const failures = new Map<Entry, number>();
  const resting = new Set<Entry>();
  /** In the queue already, so that the calls' order is the queue's, but not durable yet. */
  const unwritten = new Set<Entry>();
  let isOpen = false;
  let stopped: ParleyError | undefined;
  let restAll: (() => void) | undefined;
  let onDrained: (() => void)[] = [];

  function pump(): void {
    if (!isOpen || restAll) return;
    const lanes = new Set([...sending].map((entry) => laneOf(entry.command)));
    for (const entry of queue) {
      if (sending.size >= lanesMax) return;
      const lane = laneOf(entry.command);
      if (lanes.has(lane)) continue;
      // Whoever comes first in a lane holds it, also while it rests or is being written: that keeps the order.
      lanes.add(lane);
      if (!resting.has(entry) && !unwritten.has(entry)) void attempt(entry);
    }
  }

  async function attempt(entry: Entry): Promise<void> {
    sending.add(entry);
    events.emit('outbox', { status: 'sending', entry });
    try {
      const ack = await call('message.send', entry.command);
      await settle(entry);
      events.emit('outbox', { status: 'sent', entry, ack });
      take(entry)?.resolve(ack);
    } catch (cause) {
      await failed(entry, toParleyError(cause));
    }
    sending.delete(entry);
    pump();
  }

  async function failed(entry: Entry, error: ParleyError): Promise<void> {
    // The session may know better by the next time: a token is a matter of the session, not of the message.
    const isSessions = error.code === 'unauthenticated' || error.code === 'token_expired';
    if (!isRetryable(error) && !isSessions) {
      await settle(entry);
      events.emit('outbox', { status: 'refused', entry, error });
      take(entry)?.reject(error);
      return;
    }
    events.emit('outbox', { status: 'waiting', entry });
    if (error.code === 'offline' || !queue.includes(entry)) return;
    const count = (failures.get(entry) ?? 0) + 1;
    failures.set(entry, count);
    const ms = backoffMs(count - 1, settings.resend, error.retryAfterMs);
    // A budget is the user's, whatever the conversation: trying the others would only waste it.
    if (error.code === 'rate_limited') {
      restAll ??= timers.after(ms, () => {
        restAll = undefined;
        pump();
      });
      return;
    }
    resting.add(entry);
    timers.after(ms, () => {
      resting.delete(entry);
      pump();
    });
  }

  /** Out of the queue, then out of the storage. Should the latter fail, a later start asks again and hears `duplicate`. */
  async function settle(entry: Entry): Promise<void> {
    remove(entry);
    await storage.write([{ key: keyOf(entry) }]).catch((error: unknown) => {
      events.emit('problem', { what: 'outbox', error: toParleyError(error, 'storage_failed') });
    });
  }

  function remove(entry: Entry): void {
    const index = queue.indexOf(entry);
    if (index >= 0) queue.splice(index, 1);
    failures.delete(entry);
    if (queue.length > 0) return;
    const listeners = onDrained;
    onDrained = [];
    for (const listener of listeners) listener();
  }

  function promiseOf({ clientId }: Entry): Promise<Ack> {
    return new Promise((resolve, reject) => waiting.set(clientId, { resolve, reject }));
  }

  function take(entry: Entry): Waiting | undefined {
    const found = waiting.get(entry.clientId);
    waiting.delete(entry.clientId);
    return found;
  }

  return {
    load(entries) {
      for (const [key, value] of entries) if (key.startsWith(table)) queue.push(value as Entry);
      queue.sort((a, b) => a.order - b.order);
      lastOrder = queue.at(-1)?.order ?? 0;
    },
    async send(draft) {
      if (stopped) throw stopped;
      check(draft, queue.length);
      const known = queue.find(({ clientId }) => clientId === draft.clientId);
      // Kept by an earlier start, and asked for again: one message, and now somebody who waits for it.
      if (known && !waiting.has(known.clientId)) return promiseOf(known);
      if (known) throw new ParleyError('conflict', 'This clientId is being sent.');
      const clientId = draft.clientId ?? uuid();
      const createdAt = new Date().toISOString();
      const entry: Entry = { clientId, order: ++lastOrder, command: { ...draft, clientId }, createdAt };
      queue.push(entry);
      unwritten.add(entry);
      events.emit('outbox', { status: 'waiting', entry });
      const ack = promiseOf(entry);
      storage.write([{ key: keyOf(entry), value: asJson(entry) }]).then(
        () => {
          unwritten.delete(entry);
          pump();
        },
        (cause: unknown) => {
          unwritten.delete(entry);
          remove(entry);
          const error = new ParleyError('storage_failed', 'The outbox could not be written; nothing was sent.', {
            cause,
          });
          events.emit('outbox', { status: 'refused', entry, error });
          take(entry)?.reject(error);
          pump();
        },
      );
      return ack;
    },
    all: () => [...queue],
    resume() {
      isOpen = true;
      resting.clear();
      failures.clear();
      restAll?.();
      restAll = undefined;
      pump();
    },
    pause() {
      isOpen = false;
    },
    discard() {
      for (const entry of queue.splice(0)) {
        void settle(entry);
        take(entry)?.reject(new ParleyError('forbidden', 'Written by another user than the one who is signed in now.'));
      }
    },
    drained() {
      if (queue.length === 0) return Promise.resolve();
      return new Promise((resolve) => onDrained.push(resolve));
    },
    stop(why) {
      stopped ??= why;
      isOpen = false;
      for (const { reject } of waiting.values()) reject(why);
      waiting.clear();
    },
  };
}

function check(command: Draft, size: number): void {
  const { body, conversationId, peerId } = command;
  if ((conversationId === undefined) === (peerId === undefined)) {
    throw new ParleyError('invalid', 'Name the conversation or the peer, one of the two.');
  }
  // A frame over the limit would cost the connection, again and again: such a body must never enter the queue.
  if (body.length > limits.bodyCharsMax && Array.from(body).length > limits.bodyCharsMax)
    throw new ParleyError('invalid', `A body has at most ${limits.bodyCharsMax} characters.`);
  if (new TextEncoder().encode(JSON.stringify(command)).length > limits.frameBytesMax - envelopeBytes) {
    throw new ParleyError('too_large', `A frame has at most ${limits.frameBytesMax} bytes.`);
  }
  if (size >= outboxMax) throw new ParleyError('limit_reached', `At most ${outboxMax} messages may wait to be sent.`);
}

function keyOf({ clientId }: Entry): string {
  return `${table}${clientId}`;
}

function asJson({ clientId, order, command, createdAt }: Entry): Json {
  return { clientId, order, command: { ...command }, createdAt };
}
