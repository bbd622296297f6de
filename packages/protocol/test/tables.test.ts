import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import {
  budgets,
  closings,
  type Command,
  commandNames,
  commands,
  commonErrors,
  errorCodes,
  errors,
  eventNames,
  events,
  fileRoutes,
  guestCommands,
  handshakeRefusals,
  limits,
  movedLines,
} from '../src/index.ts';

const all = Object.entries<Command>(commands);

type Node = TSchema & {
  type?: string;
  minimum?: number;
  maximum?: number;
  additionalProperties?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
};

/** A schema, and all that it is made of. */
function nodesIn(schema: Node): Node[] {
  const { properties = {}, items, anyOf = [] } = schema;
  return [schema, ...[...Object.values(properties), ...(items ? [items] : []), ...anyOf].flatMap(nodesIn)];
}

describe('the table of commands', () => {
  it('names a thing and a verb', () => {
    for (const name of commandNames) expect(name).toMatch(/^(?:sync|[a-z]+\.[a-z]+)$/);
  });

  it('takes every parameter of a path from the input', () => {
    for (const [name, { http, input }] of all) {
      for (const [, parameter = ''] of http?.path.matchAll(/:(\w+)/g) ?? []) {
        expect(Object.keys(input['properties'] as object), name).toContain(parameter);
      }
    }
  });

  it('has one command for each method and path', () => {
    const routes = all.flatMap(([, { http }]) => (http ? [`${http.method} ${http.path.replace(/:\w+/g, ':')}`] : []));
    expect(new Set(routes).size).toBe(routes.length);
  });

  it('gives a route to every command that is for HTTP only', () => {
    for (const [name, command] of all) if (command.over === 'http') expect(command.http, name).toBeDefined();
  });

  it('names every refusal once, and none that is common', () => {
    const common: readonly string[] = commonErrors;
    for (const [name, command] of all) {
      expect(new Set(command.errors).size, name).toBe(command.errors.length);
      if (name !== 'auth.refresh') for (const code of command.errors) expect(common, name).not.toContain(code);
    }
  });

  it('says that its outcome may be unknown wherever it stores at once', () => {
    for (const [name, command] of all) {
      const stores = command.budget === 'send' || command.budget === 'write';
      expect(command.errors.includes('outcome_unknown'), name).toBe(stores);
    }
  });
});

describe('every schema', () => {
  const schemas = Object.entries<Node>({
    ...Object.fromEntries(
      Object.entries({ ...commands, ...guestCommands }).flatMap(([name, { input, output }]) => [
        [name, input],
        [`${name} →`, output],
      ]),
    ),
    ...Object.fromEntries(Object.entries(events).map(([name, { payload }]) => [name, payload])),
    ...movedLines,
  });

  it('is closed to properties that nobody named', () => {
    for (const [name, schema] of schemas) {
      for (const { type, additionalProperties } of nodesIn(schema)) {
        if (type === 'object') expect(additionalProperties, name).toBe(false);
      }
    }
  });

  it('bounds every number on both sides, within what JSON carries exactly', () => {
    const numbers = schemas.flatMap(([name, schema]) => nodesIn(schema).map((node) => ({ name, ...node })));
    const found = numbers.filter(({ type }) => type === 'integer' || type === 'number');
    expect(found.length).toBeGreaterThan(100);
    for (const { name, minimum = -Infinity, maximum = Infinity } of found) {
      expect([minimum, maximum].every(Number.isSafeInteger), name).toBe(true);
    }
  });
});

describe('the table of errors', () => {
  it('keeps refused and unknown apart: only a failure on our side may have changed something', () => {
    for (const code of errorCodes) {
      if (errors[code].kind === 'unknown') expect(errors[code].status, code).toBeGreaterThanOrEqual(500);
    }
    expect(errorCodes.filter((code) => errors[code].kind === 'unknown')).toEqual(['outcome_unknown', 'internal']);
  });

  it('lets a client try again what was our fault or came too fast, and nothing else', () => {
    for (const code of errorCodes) {
      const { retry, status } = errors[code];
      expect(retry, code).toBe(status === 429 || status >= 500);
    }
  });

  it('has no code that nothing answers', () => {
    const answered = new Set<string>([
      ...commonErrors,
      ...all.flatMap(([, command]) => command.errors),
      ...Object.values(fileRoutes).flatMap((route) => route.errors),
      ...handshakeRefusals.map(({ code }) => code),
      'unknown_command',
    ]);
    expect(errorCodes.filter((code) => !answered.has(code))).toEqual([]);
  });
});

describe('events, closings and limits', () => {
  it('have events in the past tense of a thing, or of the session', () => {
    for (const name of eventNames) expect(name).toMatch(/^(?:heads|[a-z]+\.[a-z]+)$/);
  });

  it('carry what puts them in order', () => {
    for (const [name, { order, payload }] of Object.entries(events)) {
      const fields = Object.keys(payload['properties']);
      if (order !== 'none') expect(fields, name).toContain(order);
    }
  });

  it('send a client away for good only when its user is', () => {
    const final = Object.entries(closings).filter(([, { next }]) => next === 'stop');
    expect(final.map(([code]) => code)).toEqual(['token_revoked', 'banned']);
  });

  it('are whole positive numbers', () => {
    for (const value of Object.values(limits)) expect(Number.isInteger(value) && value > 0).toBe(true);
    for (const { points, windowMs } of Object.values(budgets)) expect(points > 0 && windowMs > 0).toBe(true);
  });
});
