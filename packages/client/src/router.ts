import type { Head, Message } from '@parley/protocol';
import { toParleyError } from './error.ts';
import type { Inbox } from './inbox.ts';
import type { Input } from './ledger/reduce.ts';
import type { PushName, PushTable } from './link.ts';
import type { Call } from './sync.ts';

type ConversationPush = Exclude<
  PushName,
  'typing.changed' | 'viewing.changed' | 'notification.raised' | 'presence.changed'
>;

export type Router = {
  /** What belongs to conversations. */
  readonly pushes: Pick<PushTable, ConversationPush>;
  /** Asks the server who this conversation is. What is pushed meanwhile waits. */
  lookUp(conversationId: string): void;
  head(epoch: string, heads: readonly Head[]): void;
  readonly busy: boolean;
};

/** Pushes that may wait for their conversation to be known. What is dropped comes by `sync`. */
const waitingMax = 200;

type Listeners = { onEpoch(): void; onIdle(): void; onProblem(what: string, error: unknown): void };

/** Brings each push to its ledger, and asks for conversations that nobody told us of before. */
export function createRouter(inbox: Inbox, call: Call, listeners: Listeners): Router {
  const strangers = new Map<string, Input[]>();

  async function ask(conversationId: string): Promise<void> {
    const waiting: Input[] = [];
    strangers.set(conversationId, waiting);
    try {
      const { conversation, epoch } = await call('conversation.get', { conversationId });
      if (epoch === inbox.epoch) inbox.meet(conversation, firstSeqOf(waiting));
      else listeners.onEpoch();
    } catch (cause) {
      const error = toParleyError(cause);
      if (error.code === 'not_found' || error.code === 'not_member') inbox.forget(conversationId);
      // Offline: the next session announces it again, and its hole with it.
      else if (error.code !== 'offline') listeners.onProblem('conversation.get', error);
    }
    strangers.delete(conversationId);
    for (const input of waiting) inbox.apply(conversationId, input);
    if (strangers.size === 0) listeners.onIdle();
  }

  function give(conversationId: string, input: Input): void {
    if (inbox.get(conversationId)) return inbox.apply(conversationId, input);
    if (!strangers.has(conversationId)) void ask(conversationId);
    const waiting = strangers.get(conversationId);
    if (waiting && waiting.length < waitingMax) waiting.push(input);
  }

  function changed(message: Message): void {
    const { conversationId, rev } = message;
    give(conversationId, { kind: 'change', change: { kind: 'message', rev, message } });
  }

  function head(epoch: string, heads: readonly Head[]): void {
    if (epoch !== inbox.epoch) return listeners.onEpoch();
    for (const { id, lastSeq, rev } of heads) give(id, { kind: 'head', seq: lastSeq, rev });
  }

  return {
    pushes: {
      'message.created': (message) => give(message.conversationId, { kind: 'created', message }),
      'message.edited': changed,
      'message.deleted': changed,
      'reaction.changed': ({ message }) => changed(message),
      'receipt.advanced': ({ conversationId, rev, ...receipt }) =>
        give(conversationId, { kind: 'change', change: { kind: 'receipt', rev, receipt } }),
      'conversation.changed': (conversation) =>
        give(conversation.conversationId, {
          kind: 'change',
          change: { kind: 'conversation', rev: conversation.rev, conversation },
        }),
      heads: ({ epoch, conversations }) => head(epoch, conversations),
    },
    head,
    lookUp(conversationId) {
      if (!strangers.has(conversationId)) void ask(conversationId);
    },
    get busy() {
      return strangers.size > 0;
    },
  };
}

/** The first message that waits must be told, so the conversation has to begin before it. */
function firstSeqOf(waiting: readonly Input[]): number | undefined {
  const seqs = waiting.flatMap((input) => {
    if (input.kind === 'created') return [input.message.seq];
    return input.kind === 'head' && input.seq > 0 ? [input.seq] : [];
  });
  return seqs.length > 0 ? Math.min(...seqs) : undefined;
}
