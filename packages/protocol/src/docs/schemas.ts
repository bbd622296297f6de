import type { TSchema } from 'typebox';
import { AuditEntry, Ban, MonitoredConversation, OwnReport, Report } from '../administration.ts';
import { SyncAnswer } from '../commands/index.ts';
import { Conversation, Member, Receipt } from '../conversation.ts';
import { errorCodes } from '../errors.ts';
import { Attachment, OutsideAttachment, UploadedFile } from '../attachment.ts';
import { Link } from '../link.ts';
import { Message } from '../message.ts';
import { Person } from '../person.ts';
import { Presence } from '../presence.ts';
import { Reaction } from '../reaction.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const named: readonly TSchema[] = [
  Message,
  Attachment,
  OutsideAttachment,
  UploadedFile,
  Reaction,
  Conversation,
  Member,
  Receipt,
  Presence,
  Link,
  Person,
  SyncAnswer,
  Ban,
  AuditEntry,
  MonitoredConversation,
  OwnReport,
  Report,
];

/** Plain JSON Schema, in which every schema that has a name of its own is a reference to it. */
export function linked(schema: TSchema): JsonObject {
  return link(plain(schema)) as JsonObject;
}

/** The same, where the outermost shape is spelled out although it may have a name. */
export function spelledOut(schema: TSchema): JsonObject {
  const { $id: _, ...shape } = plain(schema);
  return link(shape) as JsonObject;
}

/** The schemas that have names, and that of a refusal, for `components.schemas`. */
export function sharedSchemas(): JsonObject {
  return Object.fromEntries(Object.entries(sharedShapes()).map(([name, shape]) => [name, link(shape)]));
}

/** The same with every shape spelled out where it is used. */
export function sharedShapes(): Record<string, JsonObject> {
  const shared = named.map((schema) => {
    const { $id: name, ...rest } = plain(schema);
    return [typeof name === 'string' ? name : '', rest] as const;
  });
  return { ...Object.fromEntries(shared), Refusal: refusal };
}

export function referTo(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

const refusal: JsonObject = {
  type: 'object',
  description:
    'The `error` of an answer: why nothing happened (or, for `outcome_unknown` and `internal`, why nobody knows).',
  properties: {
    code: { type: 'string', title: 'ErrorCode', description: 'A code of the table of errors.', enum: errorCodes },
    message: { type: 'string', description: 'For people. Programs read the code.' },
    retryAfterMs: { type: 'integer', minimum: 0, description: 'The least to wait before the same request, in ms.' },
    details: {
      type: 'array',
      description:
        'The places that do not fit: a JSON Pointer into the payload (`/` is all of it), and what is wrong there, in words.',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'message'],
      },
    },
  },
  required: ['code', 'message'],
};

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function plain(schema: TSchema): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

function link(value: Json): Json {
  if (Array.isArray(value)) return value.map(link);
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value['$id'] === 'string') return referTo(value['$id']);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, link(inner)]));
}
