import type { MessageKind, OutsideAttachment } from '@parley/protocol';
import type { Permit } from '../rules/talk.ts';
import type { Written } from '../rules/staff.ts';
import type { FileKey } from './files.ts';
import type { ConversationFacts, ConversationHead } from './conversations.ts';
import type { Hops } from './hops.ts';

/** An uploaded file in a message. Its URL is made when the message is shown. */
export type SentFile = { file: FileKey; name: string; type: string; bytes: number };

export type NewMessage = {
  space: string;
  senderId: string;
  /** Who writes as the sender: set where that is the member `agents`, and kept beside it. */
  authorId: string | undefined;
  /** The conversation's number, as its id carries it. */
  no: number;
  clientId: string | undefined;
  kind: MessageKind;
  body: string;
  attachments: readonly OutsideAttachment[] | undefined;
  /** After the attachments. Of the sender, or of who writes as the sender, and carried by no other message. */
  files?: readonly SentFile[] | undefined;
  /** The `seq` that is answered; it must exist in the conversation, be visible to the sender and not be deleted. */
  replyToSeq: number | undefined;
  /** What must hold of the two users of a direct conversation. */
  permit: Permit;
  hops?: Hops | undefined;
};

export type Appended = Written & { conversation: ConversationHead; duplicate: boolean; epoch: string };
export type Changed = Written & {
  conversation: ConversationFacts /** The conversation's new `rev`; the old one when nothing changed. */;
  rev: number;
  changed: boolean;
};

/**
 * The log. What it answers is committed, with `synchronous_commit=on`, on the primary.
 *
 * Every method throws `Failure`. `refused` kinds changed nothing. `outcome_unknown` means that the statement left and
 * no answer came: it may be stored, and the same `clientId` tells.
 */
export interface Messages {
  /**
   * Stores one message under the next number of its conversation.
   *
   * - Calls for one conversation on one node are stored in the order of the calls; `seq` order is commit order.
   * - Numbers are dense: a duplicate and a refusal burn none.
   * - The same `clientId` of the same sender in the same conversation is stored once, whichever nodes it reaches, also
   *   at the same instant: the second answers the first's numbers with `duplicate: true` (as the message was stored,
   *   also after an edit); with another content it is `conflict`.
   * - Membership is decided under the lock that removals take too: after a removal has committed, nothing is stored.
   * - So is the `permit`, under the lock that link writers take: after a cancellation has committed, nothing new is
   *   stored (`not_permitted`).
   * - So is whether the conversation is `closed` (which system messages are not asked) and the sender `muted`.
   * - Its files are this message's from then on, and of two messages with the same file one is stored: the other is
   *   `not_found`, as is one with a file of somebody else's, of another space, or that was taken away.
   * - One refused message never refuses its neighbours, and a conversation that somebody else holds delays no other.
   * - May answer `busy` at once when the queue is full. Never waits on a timer to gather others.
   */
  append(message: NewMessage): Promise<Appended>;
  /**
   * Only the sender (of what `agents` said, its author), only what is visible and not deleted. It says something new, and
   * so needs the `permit` of a send.
   * @throws `not_found`, `not_member`, `not_permitted`, `closed`, `muted`, `forbidden`
   */
  edit(
    space: string,
    userId: string,
    key: { no: number; seq: number },
    body: string,
    permit: Permit,
    authorId?: string,
  ): Promise<Changed>;
  /**
   * Leaves a tombstone, and its files unreachable. Idempotent: the second time `changed` is false.
   * @param admin an admin of the space removes everybody's messages, without a membership; the audit log says so then
   * @param authorId who removes it, where that is one of the staff as `agents`
   * @throws `not_found`, `not_member`, `forbidden`
   */
  remove(
    space: string,
    userId: string,
    key: { no: number; seq: number },
    admin?: boolean,
    authorId?: string,
  ): Promise<Changed>;
  /**
   * One reaction for each user and emoji, on what is visible and not deleted; a tombstone keeps none. Idempotent. It says
   * something new, and so needs the `permit` of a send.
   * @throws `not_found`, `not_member`, `not_permitted`, `closed`, `muted`, `limit_reached` beyond `emojisMax`
   */
  react(
    space: string,
    userId: string,
    key: { no: number; seq: number },
    emoji: string,
    permit: Permit,
  ): Promise<Changed>;
  /** Takes a reaction back. Idempotent. @throws `not_found`, `not_member` */
  unreact(space: string, userId: string, key: { no: number; seq: number }, emoji: string): Promise<Changed>;
}
