import { staffId } from '@parley/protocol';
import { type Static, Type } from 'typebox';
import type { Spoken } from './dialect.ts';
import { Page } from './pages.ts';
import { type Fields, type Me, refused } from './step.ts';

/* What precious-jewellery's clients say, and the commands that it stands for. */

const Id = Type.String({ minLength: 1 });
const Kind = Type.Union([Type.Literal('text'), Type.Literal('image'), Type.Literal('file')]);
const words = { message: Type.String({ minLength: 1 }), messageType: Type.Optional(Kind) };
export const Words = Type.Object(words);
export const NewMessage = Type.Object({
  receiverId: Id,
  ...words,
  replyTo: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export const ToUser = Type.Object({ userId: Id, ...words });
export const Peer = Type.Object({ receiverId: Id });
export const OneUser = Type.Object({ userId: Id });
export const OneMessage = Type.Object({ messageId: Id });
export const OneConversation = Type.Object({ conversationId: Id });
export const PageOfOne = Type.Object({ ...OneConversation.properties, ...Page.properties });
export const Reacting = Type.Object({ ...OneMessage.properties, emoji: Id });

/** What its clients call what our commands take. */
export const fields: Fields = {
  body: ['message'],
  kind: ['messageType'],
  peerId: ['receiverId', 'userId'],
  'userIds/0': ['userId'],
  conversationId: ['conversationId'],
  messageId: ['messageId'],
  replyTo: ['replyTo'],
  emoji: ['emoji'],
  offset: ['page'],
};

export const said = ({ message, messageType = 'text' }: Static<typeof Words>) => ({ body: message, kind: messageType });
/** Who says what everybody hears is no user: what is written to them nobody would find. */
export const someUser = (userId: string): string => {
  if (userId === staffId) throw refused('not_found', 'There is no such user.');
  return userId;
};
export const sendTo = ({ receiverId, replyTo, ...rest }: Static<typeof NewMessage>) => ({
  peerId: someUser(receiverId),
  ...said(rest),
  ...(replyTo ? { replyTo } : {}),
});
export const sendAsAdmin = ({ userId, ...rest }: Static<typeof ToUser>, { role }: Me) => {
  if (role !== 'admin') throw refused('forbidden', 'Only admins may do this.');
  return { peerId: userId, ...said(rest) };
};
export const oneMessage = ({ messageId }: Static<typeof OneMessage>) => ({ messageId });
export const oneReaction = ({ messageId, emoji }: Static<typeof Reacting>) => ({ messageId, emoji });
/** Receipts are clamped to the head. */
export const toTheEnd = Number.MAX_SAFE_INTEGER;

export const silence = (): readonly Spoken[] => [];
export const oneself = (_output: unknown, _given: unknown, { userId }: Me) => [userId];
