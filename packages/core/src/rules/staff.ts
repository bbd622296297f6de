import { type Message, type Role, staffId } from '@parley/protocol';

/** A message; and where the member `agents` said it, who of the staff that was. */
export type Written = { message: Message; authorId?: string | undefined };

/** Those who answer in support threads, and who are all `agents` to their users. */
export function isStaff(role: Role): boolean {
  return role !== 'user';
}

/** What a user gets of a message: nothing in it depends on who of the staff wrote it. */
export function asSeenByUser({ message, authorId }: Written): Message {
  if (authorId === undefined) return message;
  const { clientId: _, ...seen } = message;
  return { ...seen, senderId: staffId };
}

/** What the staff get of it: its true author. */
export function asSeenByStaff({ message, authorId }: Written): Message {
  return authorId === undefined ? message : { ...message, senderId: authorId };
}

/** For a member of the conversation, as which the staff are `agents`. */
export function asSeenBy(userId: string, written: Written): Message {
  return userId === staffId ? asSeenByStaff(written) : asSeenByUser(written);
}
