import type { Conversation } from '@parley/protocol';
import type { Cursors } from './cursors.ts';
import type { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import { type Ledger, openLedger } from './ledger/ledger.ts';
import { type Input, reduce } from './ledger/reduce.ts';
import type { Settings } from './options.ts';
import { viewOf } from './view.ts';

export type Inbox = {
  /** Who we are, once a session said so. */
  readonly me: string | undefined;
  readonly epoch: string | undefined;
  /** True once the whole inbox was read: a conversation that is still unknown came into being later. */
  readonly complete: boolean;
  get(conversationId: string): Ledger | undefined;
  /** The direct conversation with a user, if it is known. */
  withPeer(userId: string): string | undefined;
  all(): Ledger[];
  /** One step of one conversation that is known. */
  apply(conversationId: string, input: Input): void;
  /** The server's account of a conversation, known or new. `firstSeq`: a push of it waits that must be told. */
  meet(conversation: Conversation, firstSeq?: number): void;
  /** There is no such conversation for us, not even a past one. */
  forget(conversationId: string): void;
  /** Another user or epoch starts over. @returns true when it did */
  enter(userId: string, epoch: string): boolean;
  markComplete(): void;
};

/** Messages of a conversation that are told again after the numbers began anew. */
const retoldMax = 50;

/** Every conversation's ledger: takes what arrives, tells the application, remembers the cursors. */
export function createInbox(
  settings: Settings,
  cursors: Cursors,
  events: Emitter<ClientEvents>,
  onStep: (ledger: Ledger) => void,
): Inbox {
  const ledgers = new Map<string, Ledger>();
  const peers = new Map<string, string>();
  /** Conversations whose messages the application held under the last epoch. */
  let retold = new Set<string>();
  let entered: string | undefined;

  function put(ledger: Ledger): void {
    ledgers.set(ledger.id, ledger);
    if (ledger.facts.peerId !== undefined) peers.set(ledger.facts.peerId, ledger.id);
  }

  function settle(ledger: Ledger): void {
    cursors.set(ledger.id, { seq: ledger.seq, rev: ledger.rev });
    events.emit('conversation', viewOf(ledger));
    onStep(ledger);
  }

  function apply(conversationId: string, input: Input): void {
    const before = ledgers.get(conversationId);
    if (!before) return;
    const { ledger, told } = reduce(before, input);
    if (ledger === before) return;
    put(ledger);
    for (const item of told) {
      switch (item.kind) {
        case 'message':
        case 'changed':
          events.emit(item.kind, { conversationId, message: item.message });
          break;
        case 'receipt':
          events.emit('receipt', { conversationId, ...item.receipt });
          break;
        case 'members':
          events.emit('members', { conversationId, members: item.members });
          break;
        case 'restart':
          events.emit('reset', { conversationId, reason: item.reason, afterSeq: item.afterSeq, nextSeq: item.nextSeq });
          break;
        case 'gone':
          events.emit('gone', { conversationId });
      }
    }
    settle(ledger);
  }

  /** Where a conversation begins for us. The cursor that was kept wins; else it depends on how we came to meet it. */
  function beginOf(conversation: Conversation, firstSeq: number | undefined): number {
    const { id, fromSeq, lastSeq } = conversation;
    if (retold.has(id)) return Math.max(fromSeq, lastSeq - retoldMax);
    if (cursors.account?.complete) return fromSeq;
    const backlogSeq = Math.max(fromSeq, lastSeq - settings.backlog);
    return Math.max(fromSeq, Math.min(backlogSeq, (firstSeq ?? lastSeq + 1) - 1));
  }

  return {
    get me() {
      return entered;
    },
    get epoch() {
      return cursors.account?.epoch;
    },
    get complete() {
      return cursors.account?.complete === true;
    },
    get: (id) => ledgers.get(id),
    withPeer: (userId) => peers.get(userId),
    all: () => [...ledgers.values()],
    apply,
    meet(conversation, firstSeq) {
      if (entered === undefined) return;
      if (ledgers.has(conversation.id)) return apply(conversation.id, { kind: 'snapshot', conversation });
      const cursor = cursors.get(conversation.id) ?? {
        seq: beginOf(conversation, firstSeq),
        rev: conversation.rev,
      };
      retold.delete(conversation.id);
      const ledger = openLedger(entered, conversation, cursor);
      put(ledger);
      // Through a step, so that a count that needs no `sync` settles at once.
      apply(ledger.id, { kind: 'snapshot', conversation });
    },
    forget(conversationId) {
      cursors.set(conversationId, undefined);
      if (ledgers.delete(conversationId)) events.emit('gone', { conversationId });
    },
    enter(userId, epoch) {
      const { account } = cursors;
      const isSame = account?.userId === userId && account.epoch === epoch;
      entered = userId;
      if (isSame) return false;
      const isOurs = account?.userId === userId;
      // What an earlier start told lies with the application as well, and has a cursor only until it is met.
      const unmet = isOurs ? cursors.ids().filter((id) => !ledgers.has(id)) : [];
      const left = [...unmet, ...ledgers.keys()].map((id) => ({ id, seq: cursors.get(id)?.seq ?? 0 }));
      retold = new Set(isOurs ? [...unmet, ...[...ledgers.values()].filter(hasMessages).map(({ id }) => id)] : []);
      ledgers.clear();
      peers.clear();
      cursors.enter({ userId, epoch, complete: false });
      for (const { id, seq } of left)
        events.emit('reset', { conversationId: id, reason: 'epoch', afterSeq: seq, nextSeq: 1 });
      return true;
    },
    markComplete() {
      const { account } = cursors;
      if (account && !account.complete) cursors.enter({ ...account, complete: true });
    },
  };
}

function hasMessages(ledger: Ledger): boolean {
  return ledger.messages.length > 0;
}
