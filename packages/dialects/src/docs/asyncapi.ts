import { type Command, commands } from '@parley/protocol';
import { asyncApi, channel, type JsonObject, messageRef, plain, sessionDocument } from '@parley/protocol/docs';
import type { Dialect } from '../dialect.ts';

/** The events of a contract as an AsyncAPI 3.0 document, made from its table. */
export function asyncApiOf({ name: contract, inbound, says }: Dialect, { version }: { version: string }): JsonObject {
  if (inbound === 'commands') return asyncApi({ version });
  const messages: Record<string, JsonObject> = {};
  const operations: Record<string, JsonObject> = {};
  for (const [name, steps] of Object.entries(inbound)) {
    const [step] = steps;
    const command: Command | undefined = step && commands[step.command];
    const summary = command?.summary ?? 'Changes nothing: what it asks for is so already.';
    messages[idOf(name)] = { name, summary, payload: step ? plain(step.takes) : {} };
    operations[`hears.${idOf(name)}`] = { action: 'receive', summary, channel, messages: [messageRef(idOf(name))] };
  }
  for (const [name, summary] of Object.entries(says)) {
    messages[idOf(name)] ??= { name, summary };
    operations[`says.${idOf(name)}`] = { action: 'send', summary, channel, messages: [messageRef(idOf(name))] };
  }
  const title = `${contract} over Socket.IO`;
  const description = 'The contract that the clients of this space speak.';
  return sessionDocument({ title, version, description }, { operations, messages });
}

/** AsyncAPI has letters, digits and `-_.` in its names, and nothing else. */
const idOf = (name: string): string => name.replace(/[^\w.-]/g, '.');
