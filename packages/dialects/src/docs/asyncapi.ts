import { type Command, commands } from '@parley/protocol';
import {
  asyncApi,
  channel,
  type Json,
  type JsonObject,
  messageRef,
  plain,
  sessionDocument,
  shown,
} from '@parley/protocol/docs';
import type { Dialect } from '../dialect.ts';
import { examplesOf } from './examples.ts';

/** The events of a contract as an AsyncAPI 3.0 document, made from its table. */
export function asyncApiOf({ name: contract, inbound, says }: Dialect, { version }: { version: string }): JsonObject {
  if (inbound === 'commands') return asyncApi({ version });
  const messages: Record<string, JsonObject> = {};
  const operations: Record<string, JsonObject> = {};
  const { said, heard, shapes } = examplesOf(contract);
  for (const [name, steps] of Object.entries(inbound)) {
    const [step] = steps;
    const command: Command | undefined = step && commands[step.command];
    const summary = command?.summary ?? 'Changes nothing: what it asks for is so already.';
    messages[idOf(name)] = { name, summary, payload: step ? plain(step.takes) : {}, ...exampleIn(said, name) };
    operations[`hears.${idOf(name)}`] = { action: 'receive', summary, channel, messages: [messageRef(idOf(name))] };
  }
  for (const [name, summary] of Object.entries(says)) {
    messages[idOf(name)] ??= { name, summary, payload: shapes[name] ?? {}, ...exampleIn(heard, name) };
    operations[`says.${idOf(name)}`] = { action: 'send', summary, channel, messages: [messageRef(idOf(name))] };
  }
  const title = `${contract} over Socket.IO`;
  const description = 'The contract that the clients of this space speak.';
  return sessionDocument({ title, version, description }, { operations, messages });
}

/** Nothing for an event that carries nothing. */
const exampleIn = (payloads: Readonly<Record<string, Json>>, name: string): JsonObject => {
  const payload = payloads[name] ?? null;
  return payload === null ? {} : shown(payload);
};

/** AsyncAPI has letters, digits and `-_.` in its names, and nothing else. */
const idOf = (name: string): string => name.replace(/[^\w.-]/g, '.');
