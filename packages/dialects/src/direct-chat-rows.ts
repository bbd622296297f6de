import type { Conversation, Message, Person } from '@parley/protocol';
import { integerOfConversation, integerOfMessage, integerOfUser } from './integers.ts';

/* The rows of the product's own tables, of which its answers consist. */

export const userOf = ({ userId, name, firstName, lastName, avatarUrl, role }: Person) => ({
  id: integerOfUser(userId),
  name: name ?? ([firstName, lastName].filter(Boolean).join(' ') || userId),
  avatar: avatarUrl ?? null,
  role,
});

/** The peers, the lower id first: the same for everybody. */
const participantsOf = (a: string, b: string) => {
  const inOrder = Number(a) < Number(b) || (Number.isNaN(Number(a) + Number(b)) && a < b);
  return inOrder ? ([a, b] as const) : ([b, a] as const);
};

type Row = Pick<Message, 'id' | 'conversationId' | 'senderId' | 'body' | 'createdAt' | 'editedAt' | 'attachments'>;

/** A row of the product's table of messages, with the two users beside it. */
export const rowOf = (message: Row, receiverId: string, readAt: string | null, person: (userId: string) => Person) => ({
  id: integerOfMessage(message.id),
  sender_id: integerOfUser(message.senderId),
  receiver_id: integerOfUser(receiverId),
  conversation_id: integerOfConversation(message.conversationId),
  content: message.body,
  attachment_url: message.attachments?.[0]?.url ?? null,
  is_read: readAt !== null,
  read_at: readAt,
  createdAt: message.createdAt,
  updatedAt: message.editedAt ?? message.createdAt,
  sender: userOf(person(message.senderId)),
  receiver: userOf(person(receiverId)),
});

export const conversationRow = (conversation: Conversation, me: string, person: (userId: string) => Person) => {
  const [first, second] = participantsOf(me, conversation.peerId ?? me);
  const { lastMessage } = conversation;
  return {
    id: integerOfConversation(conversation.id),
    participant_1_id: integerOfUser(first),
    participant_2_id: integerOfUser(second),
    last_message: lastMessage && lastMessage.deletedAt === undefined ? lastMessage.body : null,
    last_message_at: lastMessage?.createdAt ?? null,
    createdAt: conversation.createdAt,
    updatedAt: lastMessage?.createdAt ?? conversation.lastAt,
    participant1: userOf(person(first)),
    participant2: userOf(person(second)),
    unread_count: conversation.unread,
  };
};
