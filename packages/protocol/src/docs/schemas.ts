import type { TSchema } from 'typebox';
import { SyncAnswer } from '../commands/index.ts';
import { Conversation, Member, Receipt } from '../conversation.ts';
import { errorCodes } from '../errors.ts';
import { Message } from '../message.ts';
import { Presence } from '../presence.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const named: readonly TSchema[] = [Message, Conversation, Member, Receipt, Presence, SyncAnswer];

/** Plain JSON Schema, in which every schema that has a name of its own is a reference to it. */
export function linked(schema: TSchema): JsonObject {
  return link(plain(schema)) as JsonObject;
}

/** The schemas that have names, and that of a refusal, for `components.schemas`. */
export function sharedSchemas(): JsonObject {
  const shared = named.map((schema) => {
    const { $id: name, ...rest } = plain(schema) as JsonObject & { $id: string };
    return [name, link(rest)] as const;
  });
  return { ...Object.fromEntries(shared), Refusal: refusal };
}

export function referTo(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

const refusal: JsonObject = {
  type: 'object',
  description: 'Why nothing happened (or, for `outcome_unknown` and `internal`, why nobody knows).',
  properties: {
    code: { type: 'string', enum: errorCodes },
    message: { type: 'string', description: 'For people. Programs read the code.' },
    retryAfterMs: { type: 'integer', minimum: 0 },
    details: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'message'],
      },
    },
  },
  required: ['code', 'message'],
};

function plain(schema: TSchema): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

function link(value: Json): Json {
  if (Array.isArray(value)) return value.map(link);
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value['$id'] === 'string') return referTo(value['$id']);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, link(inner)]));
}
