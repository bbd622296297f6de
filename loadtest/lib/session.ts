/**
 * A session of the native contract: it sends each message until it is stored, and repairs by `seq` what a push left out
 * or what was said while it was away. Runs in Node and in k6.
 */
import type { Member, Missed, Seen } from './oracle.ts';
import { integerAfter, wordAfter } from './scan.ts';
import { type Backoff, openSocket, type OpenWire } from './socket.ts';
import { readStamp } from './stamp.ts';
import { eventHead } from './wire.ts';

export type SessionOptions = {
  url: string;
  open: OpenWire;
  token: string;
  /** What is kept account of, by conversation. It lasts longer than a connection. */
  members: ReadonlyMap<string, Member>;
  reconnect?: Backoff;
  random?: () => number;
};

export type SessionHears = {
  /** After each (re)connection, when everything is level. */
  level?(): void;
  /** An event that is no message, parsed. */
  event?(name: string, payload: unknown, atMs: number): void;
  /** Cut by the other side. It comes back by itself, unless the server disconnected it by name: that is for good. */
  cut?(reason: string): void;
  /** Never let in. */
  refused?(why: string): void;
};

export type Stored = (answer: { seq: number } | { code: string }, atMs: number) => void;

export type Session = {
  /** Sends it until it is stored, one after the other, over as many connections as it takes; `outboxMax` wait at most. */
  send(conversationId: string, clientId: string, body: string, stored: Stored): void;
  /** A command whose answer matters only when there is one. */
  ask(name: string, payload: object, answered?: (answer: unknown, atMs: number) => void): void;
  /** Asks what is behind the cursors: `behind` messages, infinitely many when nobody could say. */
  audit(answered: (behind: number) => void): void;
  /** Leaves, and comes back after so long. */
  leave(forMs: number): void;
  close(): void;
};

/** §2 of the protocol. */
const backoff: Backoff = { firstMs: 2_000, maxMs: 30_000 };
/** A missing message may be under way: so long it is waited for. */
const patienceMs = 50;
const retryMs = 200;
/** What one client keeps while nobody answers; a client that goes on is told `outbox_full`. */
export const outboxMax = 1_000;
/** The answers after which the same send is tried again (§4 of the protocol); others are for good. */
const passing = ['rate_limited', 'busy', 'draining', 'overloaded', 'unavailable', 'outcome_unknown', 'internal'];
/** Conversations of one `sync`, messages on one page. */
const pageMax = 200;
const createdHead = eventHead('message.created');

type Send = { conversationId: string; clientId: string; body: string; stored: Stored };

export function openSession(options: SessionOptions, hears: SessionHears): Session {
  const { members, token, random = Math.random } = options;
  const outbox: Send[] = [];
  const behind = new Set<string>();
  /** Changes of known messages are not what is checked here, but the cursor of `sync` has both. */
  const revs = new Map<string, number>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let epoch = '';
  let ready = false;
  let sending = false;
  let repairing = false;
  let isLevel = false;

  const socket = openSocket(
    { ...options, auth: () => ({ token, migrates: true }), reconnect: options.reconnect ?? backoff },
    {
      raw: (frame, atMs) => frame.startsWith(createdHead) && created(frame, atMs),
      event(name, [payload], atMs) {
        if (name === 'session.ready') begin(payload as Ready);
        else if (name === 'server.migrate') migrate((payload as { afterMs: number }).afterMs);
        else hears.event?.(name, payload, atMs);
      },
      disconnected(reason) {
        ready = false;
        sending = false;
        repairing = false;
        if (reason !== 'renewed') hears.cut?.(reason);
      },
      refused: (error) => hears.refused?.(JSON.stringify(error)),
    },
  );

  return {
    send(conversationId, clientId, body, stored) {
      if (outbox.length >= outboxMax) return stored({ code: 'outbox_full' }, Date.now());
      outbox.push({ conversationId, clientId, body, stored });
      pump();
    },
    ask: (name, payload, answered) => socket.ask((args, atMs) => args && answered?.(args[0], atMs), name, payload),
    audit: (answered) => (ready ? audit(answered) : answered(Number.POSITIVE_INFINITY)),
    leave: (forMs) => socket.renew(forMs),
    close() {
      for (const timer of timers) clearTimeout(timer);
      socket.close();
    },
  };

  function begin(payload: Ready): void {
    if (epoch !== '' && epoch !== payload.epoch) hears.cut?.('the epoch changed');
    epoch = payload.epoch;
    const heads = new Map(payload.conversations.map(({ id, lastSeq }) => [id, lastSeq]));
    for (const { id, rev } of payload.conversations) if (!revs.has(id)) revs.set(id, rev);
    behind.clear();
    for (const [id, member] of members) {
      if (member.began(heads.get(id) ?? member.cursor)) behind.add(id);
    }
    ready = true;
    isLevel = false;
    if (behind.size > 0) repair('away');
    else level();
    pump();
  }

  function created(frame: string, atMs: number): true {
    const id = wordAfter(frame, '"conversationId":"') ?? '';
    const seen = { seq: integerAfter(frame, '"seq":'), stamp: readStamp(frame), atMs };
    if (members.get(id)?.pushed(seen)) {
      behind.add(id);
      later(patienceMs, () => repair('gap'));
    } else behind.delete(id);
    return true;
  }

  /** One call at a time; the answer says how far it went. */
  function repair(missed: Missed): void {
    if (!ready || repairing || behind.size === 0) return;
    repairing = true;
    ask('sync', { epoch, conversations: cursorsOf(behind) }, missed, ({ conversations = [] }, atMs) => {
      for (const { id, status, messages, seq, rev, more } of conversations) {
        revs.set(id, rev);
        // The others come with the next call.
        if (status === 'limited') return page(id, seq, missed);
        const left = members.get(id)?.repaired(seenOf(messages, atMs), seq, missed);
        if (!left && !more) behind.delete(id);
      }
      if (behind.size > 0) repair(missed);
      else level();
    });
  }

  function level(): void {
    if (!isLevel) hears.level?.();
    isLevel = true;
  }

  /** Too far behind for `sync`: page by page. */
  function page(id: string, upTo: number, missed: Missed): void {
    const member = members.get(id);
    const cursor = member?.cursor ?? upTo;
    if (cursor >= upTo) {
      behind.delete(id);
      return behind.size > 0 ? repair(missed) : level();
    }
    repairing = true;
    ask('history.page', { conversationId: id, afterSeq: cursor, limit: pageMax }, missed, ({ messages = [] }, atMs) => {
      // A page without an end would be asked for again for ever.
      member?.repaired(seenOf(messages, atMs), messages.at(-1)?.seq ?? upTo, missed);
      page(id, upTo, missed);
    });
  }

  /** A page of conversations after the other. */
  function audit(answered: (behind: number) => void, from = 0, before = 0): void {
    const ids = [...members.keys()].slice(from, from + pageMax);
    if (ids.length === 0) return answered(before);
    socket.ask(
      (args) => {
        const [answer] = (args ?? []) as [Reply?];
        if (!answer?.ok || !answer.conversations) return answered(Number.POSITIVE_INFINITY);
        const lacked = answer.conversations.map(({ id, seq }) => seq - (members.get(id)?.cursor ?? seq));
        audit(
          answered,
          from + ids.length,
          lacked.reduce((sum, each) => sum + each, before),
        );
      },
      'sync',
      { epoch, conversations: cursorsOf(ids) },
    );
  }

  function cursorsOf(ids: Iterable<string>) {
    return [...ids].slice(0, pageMax).map((id) => ({ id, seq: members.get(id)?.cursor ?? 0, rev: revs.get(id) ?? 0 }));
  }

  /** Again after a while when it is refused; the next connection asks anew. */
  function ask(name: string, payload: object, missed: Missed, answered: (reply: Reply, atMs: number) => void): void {
    socket.ask(
      (args, atMs) => {
        const [answer] = (args ?? []) as [Reply?];
        repairing = false;
        if (answer?.ok) answered(answer, atMs);
        else if (args) later(retryMs, () => repair(missed));
      },
      name,
      payload,
    );
  }

  function pump(): void {
    const [first] = outbox;
    if (!first || !ready || sending) return;
    sending = true;
    const { conversationId, clientId, body, stored } = first;
    socket.ask(
      (args, atMs) => {
        sending = false;
        const [answer] = (args ?? []) as [Answer?];
        // Without an answer it stays where it is, and the next connection begins with it.
        if (!answer) return;
        const code = answer.ok ? undefined : (answer.error?.code ?? 'unreadable');
        if (code !== undefined && passing.includes(code)) return later(answer.error?.retryAfterMs ?? retryMs, pump);
        outbox.shift();
        stored(code === undefined ? { seq: answer.seq ?? Number.NaN } : { code }, atMs);
        pump();
      },
      'message.send',
      { conversationId, clientId, body },
    );
  }

  function migrate(afterMs: number): void {
    later(random() * afterMs, () => socket.renew(0));
  }

  function later(ms: number, job: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      job();
    }, ms);
    timers.add(timer);
  }
}

function seenOf(messages: readonly { seq: number; body: string }[], atMs: number): Seen[] {
  return messages.map(({ seq, body }) => ({ seq, stamp: readStamp(body), atMs }));
}

type Ready = { epoch: string; conversations: { id: string; lastSeq: number; rev: number }[] };
type Messages = { seq: number; body: string }[];
type Synced = { id: string; status: string; seq: number; rev: number; more: boolean; messages: Messages };
/** Of `sync` the conversations, of `history.page` the messages. */
type Reply = { ok: boolean; conversations?: Synced[]; messages?: Messages };
type Answer = { ok: boolean; seq?: number; error?: { code?: string; retryAfterMs?: number } };
