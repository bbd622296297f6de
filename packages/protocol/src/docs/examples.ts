import type { TSchema } from 'typebox';
import type { CommandName, Input } from '../commands/index.ts';
import { conversationId, messageId } from '../ids.ts';
import { limits } from '../limits.ts';
import { type Json, type JsonObject, isObject, plain } from './schemas.ts';

const ids = {
  conversation: conversationId(42),
  message: messageId(42, 7),
  client: '0d9f7a52-6c1e-4b7f-9a3e-5d2f8c1b7a60',
};

/** What values of a type look like, by the title of their schema. */
const byTitle: Readonly<Record<string, Json>> = {
  UserId: 'ada',
  ConversationId: ids.conversation,
  MessageId: ids.message,
  ClientId: ids.client,
  Seq: 7,
  Rev: 3,
  Epoch: '3f2c9a51e0b74d68.7561946823001',
  Time: '2026-11-21T03:10:11.120Z',
  Body: 'Hello, Bob',
  Title: 'Tea',
  Emoji: '👍',
  WebAddress: 'https://files.example/plan.pdf',
  EmailAddress: 'ada@example.org',
  MediaType: 'application/pdf',
  FileName: 'plan.pdf',
  FileId: '5b1d7c52-3f0e-4c58-9d0a-6a1b2c3d4e5f',
  Limits: { ...limits },
};

/** The same of what has no title, by the name of the field. */
const byName: Readonly<Record<string, Json>> = {
  body: 'Hello, Bob',
  password: 'correct horse battery staple',
  token: 'eyJhbGciOiJIUzI1NiIs…',
  accessToken: 'eyJhbGciOiJIUzI1NiIs…',
  refreshToken: '8f14e45f-ceea-467f-a8d5-0c1b7a605d2f.hZ3x…',
  expires: '1795262400',
  signature: 'p0YtTnqFQ5uYp3v1u9k2_A',
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  space: 'main',
  nodeId: 's1-9f3a01c7',
  q: 'hello',
  reason: 'Rude',
  more: false,
  duplicate: false,
  reset: false,
};

/** Where the fields that every input must have do not make a command yet. */
const inputs: { readonly [N in CommandName]?: Input<N> } = {
  'message.send': { conversationId: ids.conversation, clientId: ids.client, body: 'Hello, Bob' },
  'history.page': { conversationId: ids.conversation, beforeSeq: 100, limit: 50 },
  'history.offset': { conversationId: ids.conversation, offset: 0, limit: 50 },
  'receipt.read': { conversationId: ids.conversation, seq: 7 },
  'conversation.update': { conversationId: ids.conversation, title: 'Tea' },
  'member.update': { conversationId: ids.conversation, userId: 'bob', role: 'admin' },
  'user.put': { userId: 'ada', name: 'Ada', role: 'agent' },
};

export function exampleInput(name: string, schema: TSchema): JsonObject {
  const given: Readonly<Record<string, object>> = inputs;
  return { ...objectOf(exampleOf(schema)), ...given[name] };
}

/** A value that a schema takes, and that looks like what it stands for: of objects, what is always there. */
export function exampleOf(schema: TSchema): Json {
  return valueOf(plain(schema), '');
}

export const objectOf = (value: Json): JsonObject => (isObject(value) ? value : {});

function valueOf(schema: JsonObject, name: string): Json {
  const { const: only, default: usual, title, anyOf, enum: choices, type } = schema;
  if (only !== undefined) return only;
  if (typeof title === 'string' && byTitle[title] !== undefined) return byTitle[title];
  if (usual !== undefined) return usual;
  const first = [anyOf, choices].flatMap((all) => (Array.isArray(all) ? all.slice(0, 1) : []))[0];
  if (first !== undefined) return isObject(first) ? valueOf(first, name) : first;
  if (type === 'object') return fieldsOf(schema);
  if (type === 'array') return [valueOf(objectOf(schema['items'] ?? {}), name)];
  return byName[name] ?? (type === 'boolean' ? true : type === 'string' ? name || 'text' : 1);
}

function fieldsOf({ properties = {}, required = [] }: JsonObject): JsonObject {
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  return Object.fromEntries(names.map((name) => [name, valueOf(objectOf(objectOf(properties)[name] ?? {}), name)]));
}
