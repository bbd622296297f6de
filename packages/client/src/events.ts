import type { Member, Message, Output, Presence, Receipt } from '@parley/protocol';
import type { ConnectionState } from './connection.ts';
import type { ParleyError } from './error.ts';
import type { Entry } from './outbox.ts';
import type { ConversationView } from './view.ts';

/** What `client.on` tells, by name. */
export type ClientEvents = {
  /** A message, your own too: each once, in the order of `seq` within its conversation. */
  message: { conversationId: string; message: Message };
  /** A message that was told before, or lies below what is held, has a newer version. */
  changed: { conversationId: string; message: Message };
  receipt: Receipt & { conversationId: string };
  members: { conversationId: string; members: readonly Member[] };
  typing: { conversationId: string; userId: string; typing: boolean };
  /** Somebody began or stopped looking at a conversation, on one of their connections. A hint. */
  viewing: { conversationId: string; userId: string; viewing: boolean };
  /** Something came where none of the user's devices looks; with the option `notifications`. A hint. */
  notification: { conversationId: string; unread: number; lastMessage?: Message };
  presence: Presence;
  state: ConnectionState;
  /** Anything of a conversation changed: unread, title, members, what is held. At most once per step. */
  conversation: ConversationView;
  /** What was held of a conversation is void; see the reasons in the README. */
  reset: { conversationId: string; reason: 'epoch' | 'limited' | 'rejoined'; afterSeq: number; nextSeq: number };
  /** Your membership ended. */
  gone: { conversationId: string };
  /** A message in the outbox changed its state. */
  outbox:
    | { status: 'waiting' | 'sending'; entry: Entry }
    | { status: 'sent'; entry: Entry; ack: Output<'message.send'> }
    | { status: 'refused'; entry: Entry; error: ParleyError };
  /** Everything that happened while away has been told. */
  caughtUp: undefined;
  /** Something that repairs itself, but that an operator wants to know of. */
  problem: { what: string; error: ParleyError };
};
