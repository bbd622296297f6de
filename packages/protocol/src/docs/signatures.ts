import type { TSchema } from 'typebox';
import { type Command, commands, type GuestCommand, guestCommands } from '../commands/index.ts';
import { Deed, ReportStatus } from '../administration.ts';
import { ConversationKind, MemberRole, Title } from '../conversation.ts';
import { events, LimitValues } from '../events.ts';
import { Body, MessageKind } from '../message.ts';
import * as values from '../values.ts';
import { isObject, type Json, type JsonObject, plain, sharedShapes } from './schemas.ts';

/** Texts and numbers that have a name, because they mean the same wherever they stand. */
const scalars: readonly TSchema[] = [
  values.UserId,
  values.ConversationId,
  values.MessageId,
  values.ClientId,
  values.WebAddress,
  values.EmailAddress,
  values.MediaType,
  values.FileName,
  values.FileId,
  values.Seq,
  values.Rev,
  values.Epoch,
  values.Time,
  values.Role,
  ConversationKind,
  MemberRole,
  MessageKind,
  Body,
  Title,
  Deed,
  ReportStatus,
  LimitValues,
];

/** A field of an object as a document shows it; `meaning` is empty where the name of the type says it all. */
export type Field = { name: string; type: string; meaning: string };

/** Every scalar that has a name: its type with its limits, and what it means. */
export function scalarRows(): Field[] {
  return scalars.map(plain).map((schema) => ({
    name: wordsOf(schema['title']),
    type: schema['type'] === 'object' ? 'object' : unnamed(schema),
    meaning: wordsOf(schema['description']),
  }));
}

/** The commands, the events and the shapes that they share, each as a block of fields. */
export const signatures = {
  shapes: (): string =>
    fenced(
      Object.entries(sharedShapes()).map(([name, shape]) =>
        block(`${name} {`, fieldsOf(shape), '}', wordsOf(shape['description'])),
      ),
    ),
  commands: (): string => signaturesOf(commands),
  guests: (): string => signaturesOf(guestCommands),
  events: (): string =>
    fenced(
      Object.entries(events).map(([name, { payload }]) => {
        const schema = plain(payload);
        const shape = schema['$id'];
        return typeof shape === 'string' ? `${name} ${shape}` : block(`${name} {`, fieldsOf(schema), '}');
      }),
    ),
};

const signaturesOf = (table: Record<string, Command | GuestCommand>): string =>
  fenced(
    Object.entries(table).map(([name, { input, output }]) => {
      const [given, answered] = [fieldsOf(plain(input)), fieldsOf(plain(output))];
      return `${block(`${name} {`, given, '}')} → ${block('{', answered, '}')}`;
    }),
  );

/** The fields of an object, those that may be absent with a question mark. */
export function fieldsOf({ properties = {}, required = [] }: JsonObject): Field[] {
  const must = Array.isArray(required) ? required : [];
  return Object.entries(isObject(properties) ? properties : {}).map(([name, schema]) => {
    const described = isObject(schema) ? schema : {};
    const meaning = wordsOf(described['description']);
    return {
      name: must.includes(name) ? name : `${name}?`,
      type: typeOf(described),
      meaning: meaning === meaningOf(described) ? '' : meaning,
    };
  });
}

function wordsOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** What the name of a type says already. */
const meaningOf = (schema: JsonObject): Json | undefined => named.get(nameOf(schema) ?? '');
const named = new Map(scalars.map(plain).map((schema) => [wordsOf(schema['title']), schema['description'] ?? '']));
for (const [name, shape] of Object.entries(sharedShapes())) named.set(name, shape['description'] ?? '');

function nameOf(schema: JsonObject): string | undefined {
  const name = schema['$id'] ?? schema['title'];
  return typeof name === 'string' ? name : undefined;
}

function typeOf(schema: JsonObject): string {
  return nameOf(schema) ?? unnamed(schema);
}

function unnamed(schema: JsonObject): string {
  const { type, anyOf, enum: options, const: only, items, format, pattern } = schema;
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(options)) return options.map((option) => JSON.stringify(option)).join(' | ');
  if (Array.isArray(anyOf)) return anyOf.map((one) => (isObject(one) ? typeOf(one) : '')).join(' | ');
  if (type === 'array')
    return [`list of ${isObject(items) ? typeOf(items) : 'anything'}`, ...bounds(schema)].join(', ');
  if (type === 'object') return `{${fieldsOf(schema).map(inline).join(', ')}}`;
  if (type === 'integer') return ['integer', ...bounds(schema)].join(', ');
  if (type === 'string') return [wordsOf(format) || kindOfText(pattern), ...bounds(schema)].join(', ');
  return wordsOf(type);
}

const inline = ({ name, type }: Field): string => `${name}: ${type}`;

/** A pattern that only shapes an id is shown by its words, and one that only keeps bad characters out is not. */
function kindOfText(pattern: Json | undefined): string {
  return typeof pattern === 'string' && pattern.includes('0-9a-f') && pattern.includes('-[') ? 'UUID' : 'text';
}

function bounds(schema: JsonObject): string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, uniqueItems } = schema;
  return [
    // Said once, of all numbers.
    ...range(minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum, ''),
    ...range(minLength, maxLength, ' characters'),
    ...range(minItems, maxItems, ' items'),
    ...(uniqueItems === true ? ['each once'] : []),
    ...(schema['default'] === undefined ? [] : [`default ${JSON.stringify(schema['default'])}`]),
  ];
}

function range(low: Json | undefined, high: Json | undefined, unit: string): string[] {
  if (low === undefined && high === undefined) return [];
  if (high === undefined && low === 1 && unit !== '') return ['not empty'];
  if (high === undefined) return [`≥ ${digits(low)}${unit}`];
  return [low === undefined ? `≤ ${digits(high)}${unit}` : `${digits(low)}–${digits(high)}${unit}`];
}

function digits(value: Json | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : wordsOf(value);
}

/** Names, types and meanings in columns, so that the eye finds them. */
function block(open: string, fields: readonly Field[], close: string, meaning = ''): string {
  if (fields.length === 0) return `${open}${close}`;
  const nameWidth = Math.max(...fields.map(({ name }) => name.length));
  const typeWidth = Math.min(typeWidthMax, Math.max(...fields.map(({ type }) => type.length)));
  const lines = fields.map((field) =>
    `  ${field.name.padEnd(nameWidth)}  ${field.type.padEnd(field.meaning ? typeWidth : 0)}${field.meaning && `  # ${field.meaning}`}`.trimEnd(),
  );
  return [`${open}${meaning && `  # ${meaning}`}`, ...lines, close].join('\n');
}

/** A longer type pushes its own meaning to the right, and not everybody's. */
const typeWidthMax = 40;

function fenced(blocks: readonly string[]): string {
  return ['```', blocks.join('\n\n'), '```'].join('\n');
}
