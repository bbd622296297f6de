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
import { described, readingsOf } from './readings.ts';

/** The events of a contract as an AsyncAPI 3.0 document, made from its table. */
export function asyncApiOf(
  { name: contract, inbound, summaries }: Dialect,
  { version }: { version: string },
): JsonObject {
  if (inbound === 'commands') return asyncApi({ version });
  const { takes, says } = summaries;
  const messages: Record<string, JsonObject> = {};
  const operations: Record<string, JsonObject> = {};
  const { said, heard, shapes } = examplesOf(contract);
  const readings = readingsOf(contract);
  for (const [name, [step]] of Object.entries(inbound)) {
    const told = { summary: takes[name] ?? name, description: described(readings.takes[name]) };
    const id = `hears.${idOf(name)}`;
    messages[id] = { name, ...told, payload: step ? plain(step.takes) : {}, ...exampleIn(said, name) };
    operations[id] = { action: 'receive', ...told, channel, messages: [messageRef(id)] };
  }
  for (const [name, summary] of Object.entries(says)) {
    const told = { summary, description: described(readings.says[name]) };
    const id = `says.${idOf(name)}`;
    messages[id] = { name, ...told, payload: shapes[name] ?? {}, ...exampleIn(heard, name) };
    operations[id] = { action: 'send', ...told, channel, messages: [messageRef(id)] };
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
