import {
  type Command,
  commands,
  commonErrors,
  type ErrorCode,
  errors,
  type GuestCommand,
  guestCommands,
} from '@parley/protocol';
import { type JsonObject, openApi, plain } from '@parley/protocol/docs';
import type { Dialect, GuestRoute, Route } from '../dialect.ts';
import { examplesOf } from './examples.ts';
import { described, readingsOf } from './readings.ts';

type Options = { version: string };

/** The routes of a contract as an OpenAPI 3.1 document, made from its table. */
export function openApiOf(dialect: Dialect, { version }: Options): JsonObject {
  if (dialect.inbound === 'commands') return openApi({ version });
  const paths: Record<string, JsonObject> = {};
  for (const route of [...(dialect.guests ?? []), ...dialect.routes]) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(dialect, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `${dialect.name} over HTTP`,
      version,
      description: 'The contract that the clients of this space speak. The native one is spoken here too, under /v1.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  };
}

function operation(dialect: Dialect, { method, path, status = 200, step }: Route | GuestRoute): JsonObject {
  const { properties = {}, required = [] } = plain(step.takes) as { properties?: JsonObject; required?: string[] };
  const inPath = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const rest = Object.keys(properties).filter((key) => !inPath.includes(key));
  const name = `${method} ${path}`;
  const example = examplesOf(dialect.name).requests[name];
  const parameter = (place: 'path' | 'query') => (key: string) => {
    const shown = example?.[place][key];
    return {
      name: key,
      in: place,
      required: place === 'path' || required.includes(key),
      schema: properties[key] ?? { type: 'string' },
      ...(shown !== undefined && { example: shown }),
    };
  };
  const about: Readonly<Record<string, Command | GuestCommand>> = { ...commands, ...guestCommands };
  const command = about[step.command];
  if (!command) throw new Error(`no command ${step.command}`);
  return {
    operationId: name,
    summary: dialect.summaries.routes[name] ?? name,
    description: described(readingsOf(dialect.name).routes[name]),
    ...(step.command in guestCommands && { security: [] }),
    parameters: [...inPath.map(parameter('path')), ...(method === 'GET' ? rest.map(parameter('query')) : [])],
    ...(method !== 'GET' &&
      rest.length > 0 && {
        requestBody: {
          required: rest.some((key) => required.includes(key)),
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: Object.fromEntries(rest.map((key) => [key, properties[key] ?? {}])),
                required: rest.filter((key) => required.includes(key)),
              },
              ...(example && { example: example.body }),
            },
          },
        },
      }),
    responses: {
      [status]: {
        description: 'Done.',
        ...(example && { content: { 'application/json': { schema: example.shape, example: example.answer } } }),
      },
      ...refusals(dialect, command),
    },
  };
}

/** What each status means, with a body exactly as this contract has it. */
function refusals({ refusals: { body } }: Dialect, command: Command | GuestCommand): JsonObject {
  const codes: ErrorCode[] = [...new Set<ErrorCode>([...commonErrors, ...command.errors])];
  const byStatus = Object.entries(Object.groupBy(codes, (code) => String(errors[code].status)));
  const responses = byStatus.map(([status, shared = []]) => [
    status,
    {
      description: shared.map((code) => errors[code].meaning).join(' '),
      content: {
        'application/json': {
          examples: Object.fromEntries(
            shared.map((code) => [code, { value: body({ code, message: errors[code].meaning }) }]),
          ),
        },
      },
    },
  ]);
  return Object.fromEntries(responses) as JsonObject;
}
