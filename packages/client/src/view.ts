import type { Conversation, Member, Message, Receipt } from '@parley/protocol';
import type { Ledger } from './ledger/ledger.ts';
import { unreadOf } from './ledger/unread.ts';

/** A conversation as an application shows it. */
export type ConversationView = Pick<
  Conversation,
  'id' | 'kind' | 'title' | 'status' | 'peerId' | 'memberCount' | 'createdAt'
> & {
  /** How many messages there are to number: the last one that anybody told us of. */
  lastSeq: number;
  lastAt: string;
  lastMessage: Message | undefined;
  readSeq: number;
  unread: number;
  /** The newest messages, without a hole; older ones by `loadOlder`. */
  messages: readonly Message[];
  /** Those messages begin after this number. */
  afterSeq: number;
  /** Whether older messages than these can be loaded. */
  hasOlder: boolean;
  /** Those that were told of since the start; `member.list` knows all. */
  members: ReadonlyMap<string, Member>;
  /** How far others are, as far as it was told. */
  receipts: ReadonlyMap<string, Receipt>;
  /** You are no longer a member. */
  gone: boolean;
};

export function viewOf(ledger: Ledger): ConversationView {
  const { facts, messages } = ledger;
  const { id, kind, title, status, peerId, memberCount, createdAt } = facts;
  const lastMessage = messages.at(-1) ?? facts.lastMessage;
  return {
    id,
    kind,
    ...(title !== undefined && { title }),
    status,
    ...(peerId !== undefined && { peerId }),
    memberCount,
    createdAt,
    lastSeq: Math.max(ledger.head.seq, ledger.seq),
    lastAt: messages.at(-1)?.createdAt ?? facts.lastAt,
    lastMessage,
    readSeq: ledger.readSeq,
    unread: unreadOf(ledger),
    messages,
    afterSeq: ledger.from,
    hasOlder: ledger.from > oldestSeq(facts) - 1,
    members: ledger.members,
    receipts: ledger.receipts,
    gone: ledger.gone,
  };
}

function oldestSeq({ firstSeq, fromSeq }: Conversation): number {
  return Math.max(firstSeq, fromSeq + 1, 1);
}
