import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { asyncApi, openApi } from '../src/docs/index.ts';
import { exampleInput } from '../src/docs/examples.ts';
import { isObject, type Json, type JsonObject } from '../src/docs/schemas.ts';
import {
  type Command,
  commandNames,
  commands,
  eventNames,
  guestCommandNames,
  guestCommands,
  parserOf,
} from '../src/index.ts';

type Example = { where: string; schema: JsonObject; example: Json };

/** Every example of a document beside the schema that it is one of. */
function examplesIn(value: Json | undefined, where = ''): Example[] {
  if (Array.isArray(value)) return value.flatMap((entry, i) => examplesIn(entry, `${where}/${i}`));
  if (!isObject(value)) return [];
  const { schema, payload, example, examples } = value;
  const own: Example[] = isObject(schema) && example !== undefined ? [{ where, schema, example }] : [];
  if (isObject(payload) && Array.isArray(examples)) {
    for (const each of examples)
      if (isObject(each)) own.push({ where, schema: payload, example: each['payload'] ?? null });
  }
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => examplesIn(inner, `${where}/${key}`))];
}

/** What is wrong with each, where its schema refers to others of the document. */
function wrongIn(document: JsonObject) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document', components: document['components'] });
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  return examplesIn(document).flatMap(({ where, schema, example }) => {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
    const takes = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
    compiled.set(text, takes);
    return takes(example) ? [] : [{ where, example, errors: ajv.errorsText(takes.errors) }];
  });
}

/** Where a schema stands without an example, other than that of a parameter that nobody has to give. */
function bareIn(value: Json | undefined, where = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((entry, i) => bareIn(entry, `${where}/${i}`));
  if (!isObject(value)) return [];
  const { schema, example, required } = value;
  const isBare = isObject(schema) && example === undefined && required !== false;
  return [
    ...(isBare ? [where] : []),
    ...Object.entries(value).flatMap(([key, inner]) => bareIn(inner, `${where}/${key}`)),
  ];
}

const openapi = openApi({ version: '1.2.3' });
const asyncapi = asyncApi({ version: '1.2.3' });

describe('the examples of the documents', () => {
  it('are what their schemas take', () => {
    expect(wrongIn(openapi)).toEqual([]);
    expect(wrongIn(asyncapi)).toEqual([]);
  });

  it('are there for every request, answer, refusal, parameter that must be given, command and event', () => {
    expect(bareIn(openapi['paths'])).toEqual([]);
    const live = commandNames.filter((name) => !('over' in commands[name]));
    expect(examplesIn(asyncapi)).toHaveLength(2 * live.length + eventNames.length);
  });

  it.each([...commandNames, ...guestCommandNames])('of %s are commands that the server takes', (name) => {
    const { input }: Pick<Command, 'input'> = { ...commands, ...guestCommands }[name];
    expect(parserOf(input)(exampleInput(name, input))).toMatchObject({ ok: true });
  });
});
