import { type TProperties, type TSchema, type TSchemaOptions, type TUnsafe, Type } from 'typebox';
import { limits } from './limits.ts';

/** An object that takes no property beyond those named. */
export const Closed = <const T extends TProperties>(properties: T, options: TSchemaOptions = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** The same schema, with a sentence of its own where it is used. */
export function described<S extends TSchema>(schema: S, description: string): TUnsafe<Type.Static<S>> {
  return Type.Unsafe<Type.Static<S>>({ ...schema, description });
}

// PostgreSQL stores no U+0000 in a text, and an unpaired surrogate cannot be written as UTF-8: both are refused here.
const storable = '^(?:[^\\u0000\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$';

export const Text = (maxLength: number, options: { minLength?: number; title?: string; description?: string } = {}) =>
  Type.String({ pattern: storable, maxLength, ...options });

const printable = '^[^\\u0000-\\u001f\\ud800-\\udfff]+$';
const emoji = '^[^\\s\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$';
const mediaType = '^[\\w.+-]{1,64}/[\\w.+-]{1,62}$';
// No blank, control character, quote or bracket: it can stand in an attribute of HTML and in a header as it is.
const webAddress = '^[hH][tT][tT][pP][sS]?://[^\\s\\u0000-\\u001f\\u007f"<>\\\\^`{|}\\ud800-\\udfff]+$';
const email = '^[^\\s@\\u0000-\\u001f\\ud800-\\udfff]+@[^\\s@\\u0000-\\u001f\\ud800-\\udfff]+$';
const conversation = '^[0-9a-f]{8}-[0-9a-f]{4}-8000-8000-000000000000$';
const message = '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$';
const uuid = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';

// Of the texts below a bound with as many digits, each begins as the bound does and is lower in one digit.
const integersMax = String(Number.MAX_SAFE_INTEGER);
const lower = Array.from(integersMax).flatMap((digit, i) => {
  const least = i === 0 ? 1 : 0;
  const rest = integersMax.length - 1 - i;
  return Number(digit) > least ? `${integersMax.slice(0, i)}[${least}-${Number(digit) - 1}][0-9]{${rest}}` : [];
});
const integer = `^(?:[1-9][0-9]{0,${integersMax.length - 2}}|${[...lower, integersMax].join('|')})$`;

/** What each pattern demands, for people: a regular expression explains itself to nobody. */
export const patternWords: ReadonlyMap<string, string> = new Map([
  [storable, 'must not contain U+0000 or half of a surrogate pair'],
  [printable, 'must not contain control characters or half of a surrogate pair'],
  [emoji, 'must not contain blanks, control characters or half of a surrogate pair'],
  [conversation, "must be a conversation's id, as an answer or event gave it"],
  [message, "must be a message's id, as an answer or event gave it"],
  [uuid, 'must be a UUID'],
  [integer, `must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`],
  [email, 'must be an e-mail address'],
  [mediaType, 'must be a media type, as "image/png"'],
  [webAddress, 'must be a URL that begins with https:// or http:// and has no blanks, quotes, brackets or backslashes'],
]);

/** A whole number from 1 to 2⁵³ − 1, as text. */
export const IntegerText = Type.String({ pattern: integer });

export const UserId = Type.String({
  title: 'UserId',
  pattern: printable,
  minLength: 1,
  maxLength: limits.userIdCharsMax,
  description: "A user's id, as the claim `sub` of the product's token names it.",
});
export const ConversationId = Type.String({
  title: 'ConversationId',
  pattern: conversation,
  description: "A conversation's id, as the server gave it (§1).",
});
export const MessageId = Type.String({
  title: 'MessageId',
  pattern: message,
  description: "A message's id: a bijection of its conversation and `seq` (§1).",
});
export const ClientId = Type.String({
  title: 'ClientId',
  pattern: uuid,
  description: 'A UUID that the client makes and keeps before its first try. Unique per conversation and sender.',
});
export const WebAddress = Type.String({
  title: 'WebAddress',
  pattern: webAddress,
  maxLength: limits.urlCharsMax,
  description: 'An `https:` or `http:` URL, and of no other scheme.',
});
export const EmailAddress = Type.String({
  title: 'EmailAddress',
  pattern: email,
  minLength: 3,
  maxLength: limits.emailCharsMax,
  description: 'An e-mail address. Capitals and small letters are the same.',
});
export const MediaType = Type.String({
  title: 'MediaType',
  pattern: mediaType,
  description: 'A media type without parameters: `image/png`.',
});
export const FileName = Type.String({
  title: 'FileName',
  pattern: printable,
  minLength: 1,
  maxLength: limits.attachmentNameCharsMax,
  description: 'The name of a file, for people: it names no place.',
});
export const FileId = Type.String({
  title: 'FileId',
  pattern: uuid,
  description: 'The id of an uploaded file, as the answer to its upload gave it.',
});
export const Emoji = Type.String({
  title: 'Emoji',
  pattern: emoji,
  minLength: 1,
  maxLength: limits.emojiCharsMax,
  description: 'An emoji, or a short word for one. Kept as it is: two spellings of one picture are two emojis.',
});
export const Seq = Type.Integer({
  title: 'Seq',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'The number of a message in its conversation: dense, from 1; 0 means before the first.',
});
export const Rev = Type.Integer({
  title: 'Rev',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'A change number of a conversation; 0 means never changed.',
});
export const Epoch = Type.String({
  title: 'Epoch',
  minLength: 1,
  maxLength: 128,
  description: 'Names the life of the database. Another epoch means that known numbers may be reused: start over.',
});
export const Time = Type.String({
  title: 'Time',
  format: 'date-time',
  description: 'ISO 8601 in UTC with milliseconds: `2026-11-21T03:10:11.120Z`.',
});
export const Role = Type.Union([Type.Literal('user'), Type.Literal('agent'), Type.Literal('admin')], {
  title: 'Role',
  description: 'What a user is in the space, as the token says (§2).',
});
export type Role = Type.Static<typeof Role>;

/** A whole number that JSON carries as it is: from 2⁵³ on, two of them are one. */
export const Count = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
export const Unread = (description: string) => Type.Integer({ minimum: 0, maximum: limits.unreadMax, description });
