import {
  accessWords,
  type Command,
  commands,
  type FileRoute,
  fileRoutes,
  type GuestCommand,
  guestCommands,
} from '../commands/index.ts';
import { commonErrors, type ErrorCode, errors } from '../errors.ts';
import { exampleInput, exampleOf } from './examples.ts';
import { type Json, type JsonObject, linked, referTo, sharedSchemas } from './schemas.ts';

type Http = NonNullable<Command['http']>;

/** The HTTP half of the native contract as an OpenAPI 3.1 document, made from the commands table and the errors. */
export function openApi({ version }: { version: string }): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const [name, command] of Object.entries<Command | GuestCommand>({ ...commands, ...guestCommands })) {
    if (!command.http) continue;
    const path = pathOf(command.http);
    paths[path] = { ...paths[path], [command.http.method.toLowerCase()]: operation(name, command, command.http) };
  }
  for (const [name, route] of Object.entries<FileRoute>(fileRoutes)) {
    paths[pathOf(route.http)] = { [route.http.method.toLowerCase()]: fileOperation(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley over HTTP',
      version,
      description: 'The same commands as over Socket.IO, with the same schemas, codes and effects. See PROTOCOL.md.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(Object.keys({ ...commands, ...guestCommands, ...fileRoutes }).map(tagOf))].map((name) => ({
      name,
    })),
    paths: { ...paths, '/health': { get: health } },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: sharedSchemas(),
    },
  };
}

const pathOf = ({ path }: { path: string }): string => path.replace(/:(\w+)/g, '{$1}');

const health: JsonObject = {
  operationId: 'health',
  summary: 'Whether the cluster answers.',
  security: [],
  responses: { 200: { description: 'It does.' } },
};

function operation(name: string, command: Command | GuestCommand, http: Http): JsonObject {
  const { properties = {}, required = [] } = linked(command.input) as { properties?: JsonObject; required?: string[] };
  const inPath = [...http.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const rest = Object.keys(properties).filter((key) => !inPath.includes(key));
  const inQuery = http.method === 'GET' ? rest : [];
  const inBody = http.method === 'GET' ? [] : rest;
  const example = exampleInput(name, command.input);
  const parameter = (place: 'path' | 'query') => (key: string) => ({
    name: key,
    in: place,
    required: place === 'path' || required.includes(key),
    schema: properties[key] ?? {},
    ...(example[key] !== undefined && { example: example[key] }),
  });
  return {
    operationId: name,
    summary: command.summary,
    tags: [tagOf(name)],
    ...('access' in command && command.access && { description: `For ${accessWords[command.access]}.` }),
    ...(name in guestCommands && { security: [] }),
    parameters: [...inPath.map(parameter('path')), ...inQuery.map(parameter('query'))],
    ...(inBody.length > 0 && {
      requestBody: {
        required: inBody.some((key) => required.includes(key)),
        content: json(
          {
            type: 'object',
            additionalProperties: false,
            properties: Object.fromEntries(inBody.map((key) => [key, properties[key] ?? {}])),
            required: inBody.filter((key) => required.includes(key)),
          },
          Object.fromEntries(Object.entries(example).filter(([key]) => inBody.includes(key))),
        ),
      },
    }),
    responses: {
      200: { description: 'Done.', content: json(linked(command.output), exampleOf(command.output)) },
      ...refusals(command),
    },
  };
}

/** Bytes instead of JSON, one way or the other. */
function fileOperation(name: string, { summary, http, input, output, errors: codes }: FileRoute): JsonObject {
  const { properties = {} } = linked(input) as { properties?: JsonObject };
  const bytes: JsonObject = { type: 'string', format: 'binary' };
  const form = { type: 'object', properties: { file: bytes }, required: ['file'] };
  const example = exampleInput(name, input);
  const content: JsonObject = output
    ? json(linked(output), exampleOf(output))
    : { 'application/octet-stream': { schema: bytes, example: 'PNG…' } };
  return {
    operationId: name,
    summary,
    tags: [tagOf(name)],
    ...(http.method === 'GET' && { security: [] }),
    parameters: Object.entries(properties).map(([key, schema]) => ({
      name: key,
      in: http.path.includes(`:${key}`) ? 'path' : 'query',
      required: true,
      schema,
      example: example[key] ?? '',
    })),
    ...(http.method === 'POST' && {
      requestBody: { required: true, content: { 'multipart/form-data': { schema: form, example: { file: 'PNG…' } } } },
    }),
    responses: { 200: { description: 'Done.', content }, ...answersOf(codes) },
  };
}

/** One answer for each status; its description names the codes that share it. */
function refusals(command: Command | GuestCommand): JsonObject {
  return answersOf([...new Set<ErrorCode>([...commonErrors, ...command.errors])]);
}

function answersOf(codes: readonly ErrorCode[]): JsonObject {
  const byStatus = Object.entries(Object.groupBy(codes, (code) => String(errors[code].status)));
  const responses = byStatus.map(([status, shared = []]) => [
    status,
    {
      description: shared.map((code) => `\`${code}\`: ${errors[code].meaning}`).join(' '),
      content: json(
        { type: 'object', properties: { error: referTo('Refusal') }, required: ['error'] },
        { error: { code: shared[0] ?? '', message: errors[shared[0] ?? 'internal'].meaning } },
      ),
    },
  ]);
  return Object.fromEntries(responses) as JsonObject;
}

function json(schema: Json, example: Json): JsonObject {
  return { 'application/json': { schema, example } };
}

function tagOf(name: string): string {
  return name.split('.')[0] ?? name;
}
