import { type Command, commands } from '@parley/protocol';
import { asyncApi, type JsonObject, plain } from '@parley/protocol/docs';
import type { Dialect } from '../dialect.ts';

const channel: JsonObject = { $ref: '#/channels/session' };

/** The events of a contract as an AsyncAPI 3.0 document, made from its table. */
export function asyncApiOf({ name: title, inbound, says }: Dialect, { version }: { version: string }): JsonObject {
  if (inbound === 'commands') return asyncApi({ version });
  const messages: Record<string, JsonObject> = {};
  const operations: Record<string, JsonObject> = {};
  for (const [name, steps] of Object.entries(inbound)) {
    const [step] = steps;
    const command: Command | undefined = step && commands[step.command];
    const summary = command?.summary ?? 'Changes nothing: what it asks for is so already.';
    messages[name] = { name, summary, payload: step ? plain(step.takes) : {} };
    operations[`hears ${name}`] = { action: 'receive', summary, channel, messages: [messageRef(name)] };
  }
  for (const [name, summary] of Object.entries(says)) {
    messages[name] ??= { name, summary };
    operations[`says ${name}`] = { action: 'send', summary, channel, messages: [messageRef(name)] };
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: `${title} over Socket.IO`,
      version,
      description: 'The contract that the clients of this space speak.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: {
      session: {
        address: '/socket.io/',
        description: 'A session on the default namespace. The token goes into `auth.token`, or a bearer header.',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [idOf(name), { $ref: `#/components/messages/${idOf(name)}` }]),
        ),
      },
    },
    operations: Object.fromEntries(Object.entries(operations).map(([name, operation]) => [idOf(name), operation])),
    components: {
      messages: Object.fromEntries(Object.entries(messages).map(([name, message]) => [idOf(name), message])),
    },
  };
}

const messageRef = (name: string): JsonObject => ({ $ref: `#/channels/session/messages/${idOf(name)}` });

/** AsyncAPI has letters, digits and `-_.` in its names, and nothing else. */
const idOf = (name: string): string => name.replace(/[^\w.-]/g, '.');
