import asyncApiSpecs from '@asyncapi/specs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { asyncApi, openApi, tables } from '../src/docs/index.ts';
import { plain, sharedShapes } from '../src/docs/schemas.ts';
import { fieldsOf, scalarRows } from '../src/docs/signatures.ts';
import { framesOf, type Step, transcript } from '../src/docs/transcript.ts';
import {
  type Command,
  commandNames,
  commands,
  errorCodes,
  eventNames,
  events,
  fileRoutes,
  guestCommandNames,
} from '../src/index.ts';

type Operations = Record<string, { operationId: string }>;

describe('the OpenAPI document', () => {
  const document = openApi({ version: '1.2.3' });

  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  it('has every command that has a route, those of guests and files, and health', () => {
    const operations = Object.values(document['paths'] as Record<string, Operations>).flatMap((path) =>
      Object.values(path),
    );
    const routed = Object.entries<Command>(commands).flatMap(([name, { http }]) => (http ? [name] : []));
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(
      ['health', ...guestCommandNames, ...Object.keys(fileRoutes), ...routed].sort(),
    );
  });

  it('refers only to schemas that it has', () => {
    const text = JSON.stringify(document);
    const { schemas } = document['components'] as { schemas: object };
    for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(Object.keys(schemas)).toContain(name);
    expect(text).not.toContain('"$id"');
  });
});

describe('the AsyncAPI document', () => {
  const document = asyncApi({ version: '1.2.3' });

  it('is valid AsyncAPI 3.0', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(JSON.stringify(asyncApiSpecs.schemasWithoutId['3.0.0'])) as object);
    expect({ valid: validate(document), errors: validate.errors }).toEqual({ valid: true, errors: null });
  });

  it('has every command of a session and every event as an operation', () => {
    const live = commandNames.filter((name) => !('over' in commands[name]));
    expect(Object.keys(document['operations'] as object).sort()).toEqual([...live, ...eventNames].sort());
  });
});

describe('the fields in PROTOCOL.md', () => {
  const known = new Set([...scalarRows().map(({ name }) => name), ...Object.keys(sharedShapes())]);
  const objects = new Map([
    ...Object.entries(sharedShapes()),
    ...Object.entries<Command>(commands).flatMap(([name, { input, output }]) => [
      [name, plain(input)] as const,
      [`${name} →`, plain(output)] as const,
    ]),
    ...Object.entries(events).map(([name, { payload }]) => [name, plain(payload)] as const),
  ]);

  it('each say what they mean: by the name of their type, or by a sentence of their own', () => {
    const silent = [...objects].flatMap(([owner, schema]) =>
      fieldsOf(schema).flatMap(({ name, type, meaning }) =>
        meaning === '' && !known.has(type.replace(/^list of /, '').replace(/,.*$/, '')) ? [`${owner}.${name}`] : [],
      ),
    );
    expect(silent).toEqual([]);
  });

  it('each have a type that a client developer can build, and never a regular expression', () => {
    for (const [owner, schema] of objects) {
      for (const { name, type } of fieldsOf(schema)) expect(type, `${owner}.${name}`).toMatch(/^(?!undefined)[^^\\]+$/);
    }
    for (const { name, type, meaning } of scalarRows()) {
      expect(type, name).not.toMatch(/undefined|\^/);
      expect(meaning, name).toMatch(/\.$/);
    }
  });

  it('show limits, choices, defaults and what may be absent', () => {
    const text = tables['command-fields']?.() ?? '';
    expect(text).toContain('  clientId?        ClientId');
    expect(text).toContain('  limit?          integer, 1–200, default 50');
    expect(text).toContain('list of UserId, 1–500 items, each once');
    expect(text).toContain('  history?        "all" | "none"');
    expect(tables['event-fields']?.()).toContain('message.created Message');
  });
});

describe('the transcript in PROTOCOL.md', () => {
  const judged = (step: Step): [string, boolean][] => {
    if ('event' in step) return [[step.event, Compile(events[step.event].payload).Check(step.payload)]];
    if (!('command' in step)) return [];
    const { input, output }: Command = commands[step.command];
    return [
      [step.command, Compile(input).Check(step.input)],
      [`${step.command} →`, Compile(output).Check(step.output)],
    ];
  };

  it('says nothing that the schemas do not take, from the first connection to what mends an absence', () => {
    const verdicts = transcript.flatMap(judged);
    expect(verdicts.filter(([, fits]) => !fits)).toEqual([]);
    expect(verdicts.map(([name]) => name)).toEqual(
      expect.arrayContaining(['session.ready', 'message.send →', 'message.created', 'sync →']),
    );
  });

  it('is whole frames: each has its kind, and JSON where it carries something', () => {
    for (const line of framesOf(transcript).split('\n')) {
      if (line === '' || line.startsWith('# ')) continue;
      const [, payload = ''] = /^[←→] (?:0|2|3|40|42\d*|43\d+)((?:[[{].*)?)$/.exec(line) ?? [line, 'no frame'];
      if (payload !== '') expect(() => JSON.parse(payload.replace('{…}', '{}')), line).not.toThrow();
    }
  });
});

describe('the tables of PROTOCOL.md', () => {
  it('have a row for every command, event and error', () => {
    for (const name of commandNames) expect(tables['commands']?.()).toContain(`| \`${name}\` |`);
    for (const name of eventNames) expect(tables['events']?.()).toContain(`| \`${name}\` |`);
    for (const code of errorCodes) expect(tables['errors']?.()).toContain(`| \`${code}\` |`);
  });

  it('have as many cells in each row as in their head', () => {
    for (const [name, make] of Object.entries(tables)) {
      const rows = make()
        .split('\n')
        .filter((line) => line.startsWith('|'));
      const cells = rows.map((row) => row.split(/(?<!\\)\|/).length);
      expect(new Set(cells).size, name).toBeLessThanOrEqual(1);
    }
  });
});
