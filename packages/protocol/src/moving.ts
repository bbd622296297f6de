import { type TProperties, Type } from 'typebox';
import type { Problem } from './answer.ts';
import { OutsideAttachments } from './attachment.ts';
import { ConversationKind, ConversationStatus, MemberRole, Title } from './conversation.ts';
import { limits } from './limits.ts';
import { LinkKind, LinkStatus } from './link.ts';
import { Body, MessageKind } from './message.ts';
import { type Parsed, parserOf, refusal } from './parse.ts';
import { profileFields } from './person.ts';
import { staffId } from './staff.ts';
import { ClientId, Closed, described, Emoji, Role, Text, Time, UserId } from './values.ts';

/*
 * The lines in which a product moves in and out, one JSON object each: infra/moving.md explains them. Conversations and
 * messages go by the ids that the product gave them, and places in a conversation are the ids of messages.
 */

/** The version of the format that is written, and the only one that is read. */
export const movingVersion = 1;
/** One line, before parsing: a message with every version that it had. */
export const movedLineBytesMax = 8 * 1024 * 1024;

const Name = Type.Unsafe<string>({
  ...UserId,
  title: "The product's id",
  description: 'What the product calls it: unique in its space among the conversations, or among the messages.',
});

const line = <const K extends string, const P extends TProperties>(kind: K, properties: P, description: string) =>
  Closed({ line: Type.Literal(kind), ...properties }, { $id: `Moved.${kind}`, description });

const conversationId = described(Name, 'The `id` of a conversation that stands before this line.');
const place = (description: string) => Type.Optional(described(Name, description));
const time = (description: string) => Type.Optional(described(Time, description));

/** One schema for each kind of line, in the order in which they are written. */
export const movedLines = {
  head: line(
    'head',
    { version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) },
    'The first line: the version of the format.',
  ),
  user: line(
    'user',
    {
      id: UserId,
      ...profileFields,
      role: Type.Optional(Role),
      active: Type.Optional(Type.Boolean({ description: 'Whether the user may enter; `true` when absent.' })),
      createdAt: time('Since when they exist; now when absent.'),
      lastSeenAt: time('When they were last there.'),
      revokedAt: time('Tokens from before are refused.'),
    },
    'A user. One who is there already keeps what is set, and gets what is not.',
  ),
  link: line(
    'link',
    { userA: UserId, userB: UserId, kind: LinkKind, status: LinkStatus, updatedAt: time('Now when absent.') },
    'A booking, or an assignment of a user (`userA`) to an agent (`userB`).',
  ),
  conversation: line(
    'conversation',
    {
      id: Name,
      kind: ConversationKind,
      userIds: Type.Optional(
        Type.Array(UserId, {
          maxItems: 2,
          uniqueItems: true,
          description: 'The two users of a direct conversation; the one user of a support thread; of others none.',
        }),
      ),
      title: Type.Optional(described(Title, 'Of a group.')),
      status: Type.Optional(described(ConversationStatus, '`active` when absent.')),
      createdAt: Time,
    },
    'A conversation; who is in a group say its `member` lines.',
  ),
  message: line(
    'message',
    {
      conversationId,
      id: Name,
      senderId: described(UserId, 'Who wrote it; in a support thread or an announcement the agent or admin by name.'),
      kind: Type.Optional(described(MessageKind, '`text` when absent.')),
      body: Type.Optional(described(Body, 'Absent of a deleted message only.')),
      attachments: Type.Optional(
        described(OutsideAttachments, 'What lies behind plain URLs; of uploaded files their links, which end.'),
      ),
      replyTo: place('The message of the same conversation that it answers.'),
      createdAt: described(Time, 'Not before the message before it.'),
      editedAt: time('When the body was last replaced.'),
      deletedAt: time('When it was deleted: it is a tombstone then.'),
      clientId: Type.Optional(ClientId),
      versions: Type.Optional(
        Type.Array(Closed({ body: Text(limits.bodyCharsMax), at: Time }), {
          minItems: 1,
          description: 'The bodies that it had before, the oldest first.',
        }),
      ),
      reactions: Type.Optional(
        Type.Array(Closed({ emoji: Emoji, userIds: Type.Array(UserId, { minItems: 1, uniqueItems: true }) }), {
          minItems: 1,
          maxItems: limits.emojisMax,
          description: 'Who reacted, the first ones first.',
        }),
      ),
    },
    'A message. Those of one conversation stand in the order in which they were written.',
  ),
  member: line(
    'member',
    {
      conversationId,
      userId: described(UserId, `A member, or \`${staffId}\` in a support thread.`),
      role: Type.Optional(described(MemberRole, 'In a group; `member` when absent.')),
      after: place('The membership in a group begins after this message; at the beginning when absent.'),
      left: Type.Optional(Type.Literal(true, { description: 'They are no longer in the group.' })),
      until: place('The last message that somebody sees who left.'),
      read: place('All up to here was read.'),
      readBeyond: Type.Optional(
        Type.Array(Closed({ first: Name, last: Name }), {
          minItems: 1,
          maxItems: limits.readRangesMax,
          description: 'What was read beyond `read`, message by message: ranges, both ends included.',
        }),
      ),
      delivered: place('All up to here reached a device.'),
      receiptAt: time('When `read` or `delivered` last advanced.'),
      mutedUntil: time('Until then their messages are refused.'),
    },
    'A member of a group, and how far a member of any conversation is. It stands behind the messages that it names.',
  ),
  read: line(
    'read',
    {
      conversationId,
      userId: UserId,
      upTo: place('All up to here was read at this moment;'),
      message: place('or this message alone was.'),
      at: Time,
    },
    'When something was read. Of announcements it is all that says how far a user is.',
  ),
} as const;

export type MovedLines = { [K in keyof typeof movedLines]: Type.Static<(typeof movedLines)[K]> };
export type MovedKind = keyof MovedLines;
export type MovedLine = MovedLines[MovedKind];

const parsers = {
  head: parserOf(movedLines.head),
  user: parserOf(movedLines.user),
  link: parserOf(movedLines.link),
  conversation: parserOf(movedLines.conversation),
  message: parserOf(movedLines.message),
  member: parserOf(movedLines.member),
  read: parserOf(movedLines.read),
} satisfies { [K in MovedKind]: (input: unknown) => Parsed<MovedLines[K]> };

/** Parses one line: its JSON, its schema, and what no schema says. What it names is not looked up. */
export function parseMovedLine(text: string): Parsed<MovedLine> {
  const json = parsedJson(text);
  if (json === undefined) return refusal([{ path: '', message: 'is not valid JSON' }]);
  const kind = kindOf(json);
  if (kind === undefined) {
    return refusal([{ path: '/line', message: `must be one of ${Object.keys(movedLines).join(', ')}` }]);
  }
  const parsed = parsers[kind](json);
  if (!parsed.ok) return parsed;
  const problem = problemOf(parsed.value);
  return problem ? refusal([problem]) : parsed;
}

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

function kindOf(json: unknown): MovedKind | undefined {
  const named = typeof json === 'object' && json !== null && 'line' in json ? json.line : undefined;
  return Object.keys(movedLines).find((kind): kind is MovedKind => kind === named);
}

/** How many users each kind names. */
const usersNamed = { direct: 2, support: 1, group: 0, announcement: 0 } as const;

/** The schema takes more times than a calendar and a clock have. */
const isTooEarly = (time: string): boolean => !(Date.parse(time) >= 0);
const since1970 = 'must be a time since 1970';
const timeFields = /(?:At|^at|Until)$/;

function problemOf(moved: MovedLine): Problem | undefined {
  for (const [field, value] of Object.entries(moved)) {
    if (timeFields.test(field) && isTooEarly(String(value))) return { path: `/${field}`, message: since1970 };
  }
  switch (moved.line) {
    case 'head':
      if (moved.version !== movingVersion) return { path: '/version', message: `must be ${movingVersion}` };
      return undefined;
    case 'user':
      if (moved.id === staffId) return { path: '/id', message: `${staffId} is reserved` };
      return undefined;
    case 'conversation': {
      const users = usersNamed[moved.kind];
      if ((moved.userIds?.length ?? 0) === users) return undefined;
      return { path: '/userIds', message: `must name ${users} users in a conversation of kind ${moved.kind}` };
    }
    case 'message':
      return problemOfMessage(moved);
    case 'member':
      if (moved.until !== undefined && !moved.left) return { path: '/until', message: 'is of somebody who left' };
      return undefined;
    case 'read':
      if ((moved.upTo === undefined) !== (moved.message === undefined)) return undefined;
      return { path: '/upTo', message: 'must be there, or else /message' };
    case 'link':
      if (moved.userA === moved.userB) return { path: '/userB', message: 'is the same user' };
      return undefined;
  }
}

function problemOfMessage({ body, deletedAt, editedAt, ...said }: MovedLines['message']): Problem | undefined {
  if (said.versions?.some(({ at }) => isTooEarly(at))) return { path: '/versions', message: since1970 };
  if (deletedAt === undefined) {
    if (body === undefined) return { path: '/body', message: 'is missing' };
    if (said.versions && editedAt === undefined) return { path: '/editedAt', message: 'is missing beside /versions' };
    return undefined;
  }
  const kept = body !== undefined || said.attachments || said.versions || said.reactions;
  return kept ? { path: '/deletedAt', message: 'leaves neither body, attachments, versions nor reactions' } : undefined;
}
