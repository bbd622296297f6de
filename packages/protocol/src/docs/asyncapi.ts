import { type Command, commands } from '../commands/index.ts';
import { commonErrors } from '../errors.ts';
import { events } from '../events.ts';
import { exampleInput, exampleOf, objectOf } from './examples.ts';
import { type Json, type JsonObject, linked, referTo, sharedSchemas, spelledOut } from './schemas.ts';

/**
 * The Socket.IO half of the native contract as an AsyncAPI 3.0 document: one channel, on which the server receives every
 * command (and replies by its acknowledgement) and sends every event.
 */
export function asyncApi({ version }: { version: string }): JsonObject {
  const overSocket = Object.entries<Command>(commands).filter(([, command]) => command.over !== 'http');
  const messages: Record<string, JsonObject> = {};
  const operations: Record<string, JsonObject> = {};

  for (const [name, command] of overSocket) {
    const input = exampleInput(name, command.input);
    const answer = { ok: true, ...objectOf(exampleOf(command.output)) };
    messages[name] = { name, summary: command.summary, payload: linked(command.input), ...shown(input) };
    messages[answerOf(name)] = { name: answerOf(name), payload: acknowledgement(command), ...shown(answer) };
    operations[name] = {
      action: 'receive',
      summary: command.summary,
      description: `Refused with: ${[...new Set([...commonErrors, ...command.errors])].join(', ')}.`,
      channel,
      messages: [messageRef(name)],
      reply: { channel, messages: [messageRef(answerOf(name))] },
    };
  }
  for (const [name, { summary, payload }] of Object.entries(events)) {
    messages[name] = { name, summary, payload: linked(payload), ...shown(exampleOf(payload)) };
    operations[name] = { action: 'send', summary, channel, messages: [messageRef(name)] };
  }
  const title = 'Parley over Socket.IO';
  const description = 'A command is a Socket.IO event with an acknowledgement; see PROTOCOL.md.';
  return sessionDocument({ title, version, description }, { operations, messages, schemas: sharedSchemas() });
}

/** What is said and heard on the one channel that a session is. Names are letters, digits and `-_.`, as AsyncAPI wants it. */
export function sessionDocument(
  info: { title: string; version: string; description: string },
  { operations, messages, schemas }: Record<'operations' | 'messages', JsonObject> & { schemas?: JsonObject },
): JsonObject {
  return {
    asyncapi: '3.0.0',
    info: { ...info, license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    channels: {
      session: {
        address: '/socket.io/',
        description: 'A session on the default namespace. The token goes into `auth.token`, or a bearer header.',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations,
    components: { messages, ...(schemas && { schemas }) },
  };
}

/** An example of a message, as it stands beside its schema. */
export const shown = (payload: Json): JsonObject => ({ examples: [{ payload }] });

/** The channel of a session, for its operations. */
export const channel: JsonObject = { $ref: '#/channels/session' };

/** A message of that channel, by its name. */
export function messageRef(name: string): JsonObject {
  return { $ref: `#/channels/session/messages/${name}` };
}

function answerOf(name: string): string {
  return `${name}.answer`;
}

function acknowledgement(command: Command): JsonObject {
  const { properties = {}, required = [] } = spelledOut(command.output) as {
    properties?: JsonObject;
    required?: string[];
  };
  return {
    oneOf: [
      {
        type: 'object',
        additionalProperties: false,
        properties: { ok: { const: true }, ...properties },
        required: ['ok', ...required],
      },
      {
        type: 'object',
        additionalProperties: false,
        properties: { ok: { const: false }, error: referTo('Refusal') },
        required: ['ok', 'error'],
      },
    ],
  };
}
