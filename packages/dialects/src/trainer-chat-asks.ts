import { type Input, limits, parserOf } from '@parley/protocol';
import { type Static, Type } from 'typebox';
import type { Spoken } from './dialect.ts';
import { Page, pageOf } from './pages.ts';
import { type Me, refused, type Step, step } from './step.ts';
import { messageRow, userRow } from './trainer-chat-rows.ts';

/* What trainer-chat's clients say, and the commands that it stands for. */

const Id = Type.String({ minLength: 1 });
const Kind = Type.Union([Type.Literal('text'), Type.Literal('image'), Type.Literal('file'), Type.Literal('system')]);
const Optional = <S extends ReturnType<typeof Type.String>>(schema: S) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

export const Registration = Type.Object({
  email: Type.String(),
  password: Type.String(),
  firstName: Optional(Type.String()),
  lastName: Optional(Type.String()),
  avatar: Optional(Type.String()),
});
export const Login = Type.Object({ email: Type.String(), password: Type.String() });
const OneUser = Type.Object({ id: Id });
/** Its document gives these events no shape: clients say the id in an object, or as a bare text. */
export const OneConversation = Type.Union([Type.Object({ conversationId: Id }), Id]);
export const namedIn = (given: Static<typeof OneConversation>) => ({
  conversationId: typeof given === 'string' ? given : given.conversationId,
});
export const ConversationInPath = Type.Object({ id: Id });
export const PageInPath = Type.Object({ id: Id, ...Page.properties });
const RoleName = Type.Union([Type.Literal('user'), Type.Literal('trainer'), Type.Literal('admin')]);
export const PageOfUsers = Type.Object({ ...Page.properties, role: Type.Optional(RoleName) });
export const OneMessage = Type.Union([Type.Object({ messageId: Id, conversationId: Optional(Type.String()) }), Id]);
export const readIn = (given: Static<typeof OneMessage>) => ({
  messageId: typeof given === 'string' ? given : given.messageId,
});
export const MessageInPath = Type.Object({ id: Id });
export const NewMessage = Type.Object({
  conversationId: Optional(Type.String()),
  receiverId: Optional(Type.String()),
  content: Optional(Type.String()),
  type: Type.Optional(Kind),
  fileUrl: Optional(Type.String()),
  fileName: Optional(Type.String()),
});
export const Pair = Type.Object({ userId: Optional(Type.String()), trainerId: Optional(Type.String()) });
const Assignment = Type.Object({ id: Id, trainerId: Id });
const Typing = Type.Object({ conversationId: Id, isTyping: Type.Optional(Type.Boolean()) });

export const silence = (): readonly Spoken[] => [];

/** What is named goes, and what is `null` counts as absent. */
export const registrationOf = ({ email, password, firstName, lastName, avatar }: Static<typeof Registration>) => ({
  email,
  password,
  ...(firstName && { firstName }),
  ...(lastName && { lastName }),
  ...(avatar && { avatarUrl: avatar }),
});

export function sendOf(given: Static<typeof NewMessage>): Input<'message.send'> {
  const { conversationId, receiverId, content, fileUrl, fileName, type = fileUrl ? 'file' : 'text' } = given;
  if (!conversationId && !receiverId) throw refused('invalid', 'Name the conversation.');
  return {
    ...(conversationId ? { conversationId } : { peerId: receiverId ?? '' }),
    kind: type,
    body: content ?? '',
    ...(fileUrl && { attachments: [{ url: fileUrl, ...(fileName && { name: fileName }) }] }),
  };
}

const newMessage = parserOf(NewMessage);
const send = step('message.send', NewMessage, {
  asks: sendOf,
  people: (_output, _given, me) => [me.userId],
  says: ({ id, conversationId, seq, createdAt }, { given, me, person }) => {
    const { peerId = null, ...said } = sendOf(given);
    const message = { kind: 'text', ...said, id, conversationId, seq, rev: 0, senderId: me.userId, createdAt } as const;
    return messageRow(message, peerId, false, person);
  },
});

/** Who receives it is asked before: once it is stored, nothing may fail that makes a client send it again. */
export const sendOverHttp: Step<unknown> = {
  ...send,
  async run(given, desk) {
    const parsed = newMessage(given);
    const conversationId = parsed.ok && parsed.value.conversationId;
    if (!conversationId) return send.run(given, desk);
    const { conversation } = await desk.ask('conversation.get')({ conversationId });
    return { ...(await send.run(given, desk)), receiverId: conversation.peerId ?? null };
  },
};

/** The other one of the two that a client names; who they are themselves, their token says. */
export function peerOf({ userId, trainerId }: Static<typeof Pair>, me: Me): Input<'conversation.open'> {
  const peerId = [trainerId, userId].find((id) => id && id !== me.userId);
  if (!peerId) throw refused('invalid', 'Name the trainer or the user.');
  return { peerId, typing: true };
}

/** The newest page, which reads downwards. */
export const newestOf = (conversationId: string, page: Static<typeof Page> = {}): Input<'history.offset'> => ({
  conversationId,
  ...pageOf(page, limits.pageDefault),
  order: 'desc',
});

export const mustBe = (me: Me, ...roles: Me['role'][]): void => {
  if (!roles.includes(me.role)) throw refused('forbidden', 'Your role does not permit this.');
};

const signal = (command: 'typing.start' | 'typing.stop') =>
  step(command, Typing, { asks: ({ conversationId }) => ({ conversationId }), says: silence });
const [started, stopped] = [signal('typing.start'), signal('typing.stop')];

/** One event that says whether somebody types. */
export const typing: Step<readonly Spoken[]> = {
  ...started,
  run: (given, desk) => (isStop(given) ? stopped : started).run(given, desk),
};

function isStop(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'isTyping' in given && given.isTyping === false;
}

const assign = step('link.put', Assignment, {
  asks: ({ id, trainerId }) => ({
    userA: id,
    userB: trainerId,
    kind: 'assignment' as const,
    status: 'confirmed' as const,
    only: true,
  }),
  says: silence,
});
const assignment = parserOf(Assignment);

/**
 * A user has one trainer: another one takes their place. Both are looked up before, because a link makes its users exist,
 * and a slip of the pen would take a user's trainer away.
 */
export const reassign: Step<unknown> = {
  ...assign,
  async run(given, desk) {
    const parsed = assignment(given);
    if (!parsed.ok || desk.me.role !== 'admin') return assign.run(given, desk);
    const { id, trainerId } = parsed.value;
    const [assigned, trainer] = await Promise.all([
      desk.ask('user.get')({ userId: id }),
      desk.ask('user.get')({ userId: trainerId }),
    ]);
    if (trainer.role !== 'agent') throw refused('invalid', 'The second one is no trainer.');
    await assign.run(given, desk);
    return { ...userRow(assigned), assignedTrainerId: trainerId, assignedTrainer: userRow(trainer) };
  },
};

const profile = step('user.get', OneUser, { asks: ({ id }) => ({ userId: id }), says: userRow });

/** A person, and whose trainer is who as far as the one who asks is part of it; admins see it of everybody. */
export const oneUser: Step<unknown> = {
  ...profile,
  async run(given, desk) {
    const row = await profile.run(given, desk);
    const { id } = row;
    const { links } = await desk.ask('link.list')({
      ...(desk.me.role === 'admin' && { userId: id }),
      limit: limits.pageMax,
    });
    const assigned = links.find(
      (link) => link.kind === 'assignment' && link.status === 'confirmed' && link.userA === id,
    );
    return { ...row, assignedTrainerId: assigned?.userB ?? null };
  },
};
