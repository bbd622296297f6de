import {
  type About,
  type CommandName,
  commands,
  type EventName,
  type Input,
  messageId,
  type Output,
  parseConversationId,
  parseMessageId,
  type Payload,
} from '@parley/protocol';
import type { Dialect } from './dialect.ts';
import { type Call, type Desk, refused } from './step.ts';

/*
 * Conversations and messages that a product brought with it go by the ids that it gave them, in its own contract and
 * nowhere else. Commands, outputs and events speak of ours: here, at the edge of a contract, the one becomes the other.
 */

/** Which ids of a product a contract can write. */
export type IdShape = { readonly is: (id: string) => boolean; readonly words: string };
export type IdShapes = Readonly<Record<'conversation' | 'message', IdShape>>;

const anyText: IdShape = { is: () => true, words: 'a text' };
/** Of contracts whose ids are texts. */
export const anyIds: IdShapes = { conversation: anyText, message: anyText };

/** What a node knows of such ids: the port of the core, in the space of the one who speaks. */
export type Imported = {
  readonly space: string;
  readonly ids: {
    readonly areIn: (space: string) => boolean | Promise<boolean>;
    readonly of: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
    readonly find: (space: string, of: keyof IdShapes, importedId: string) => Promise<string | undefined>;
  };
};

/** The fields of commands' inputs that name something. */
const inputFields: ReadonlyMap<string, keyof IdShapes> = new Map([
  ['conversationId', 'conversation'],
  ['messageId', 'message'],
  ['replyTo', 'message'],
]);
type Foreign = readonly [field: string, of: keyof IdShapes, id: string];

/** The desk at which a contract says and hears the product's ids. */
export function withImported({ importedIds }: Dialect, desk: Desk, { space, ids }: Imported): Desk {
  if (!importedIds) return desk;
  let turn: Promise<unknown> | undefined;

  const found = async ([field, of, id]: Foreign) => {
    const ours = importedIds[of].is(id) && (await ids.areIn(space)) ? await ids.find(space, of, id) : undefined;
    if (ours === undefined) throw refused('not_found', `There is no such ${of}.`);
    return [field, ours] as const;
  };
  const run = async <N extends CommandName>(call: Call<N>, input: Input<N>): Promise<Output<N>> => {
    const foreign = foreignIn(input);
    // Whatever names nothing of a product is run before anything is awaited; and nothing overtakes what does.
    if (foreign.length === 0 && !turn) return call(input);
    const looked = Promise.all([Promise.all(foreign.map(found)), turn]);
    const begun = looked.then(([ours]) => ({ output: call({ ...input, ...Object.fromEntries(ours) }) }));
    const mine = begun.then(
      () => undefined,
      () => undefined,
    );
    turn = mine;
    void mine.then(() => (turn = turn === mine ? undefined : turn));
    return (await begun).output;
  };
  return {
    ...desk,
    ask(name) {
      // Drawn before anything is looked up: an id that nobody gave costs what any other does.
      const call = desk.ask(name);
      return async (input) => {
        const output = await run(call, input);
        const areIn = ids.areIn(space);
        if (areIn === false) return output;
        try {
          return (await areIn) ? renamed(output, sayable(importedIds, await ids.of(idsIn(output)))) : output;
        } catch (error) {
          // What was done is answered, if only by our ids: a refusal would have it done again.
          if (commands[name].budget === 'read') throw error;
          return output;
        }
      };
    },
  };
}

/** What an event says with the product's ids, as far as the contract can write them. */
export function asImported<N extends EventName>(
  { importedIds }: Dialect,
  payload: Payload<N>,
  about: About,
): readonly [payload: Payload<N>, about: About] {
  if (!importedIds || !about.importedIds) return [payload, about];
  const ids = sayable(importedIds, about.importedIds);
  return [renamed(payload, ids), { ...about, importedIds: ids }];
}

/** The last of the messages that somebody read, as its contract calls it. `undefined`: none yet. */
export function lastRead(
  { conversationId, readSeq }: { conversationId?: unknown; readSeq?: unknown },
  { importedIds = new Map() }: Pick<About, 'importedIds'>,
): string | undefined {
  const ours = [...importedIds].find(([id, given]) => given === conversationId && isConversation(id))?.[0];
  const no = parseConversationId(ours ?? String(conversationId));
  if (no === undefined || !(Number(readSeq) > 0)) return undefined;
  const id = messageId(no, Number(readSeq));
  return importedIds.get(id) ?? id;
}

/** Every id of a conversation or a message that something names, also of the last message that somebody read. */
export function idsIn(value: unknown): string[] {
  const ids = new Set<string>();
  collect('', value, ids);
  return [...ids];
}

function collect(key: string, value: unknown, ids: Set<string>): void {
  if (typeof value === 'string') {
    if (idFields.has(key) && parseMessageId(value)) ids.add(value);
  } else if (Array.isArray(value)) {
    for (const each of value) collect(key, each, ids);
  } else if (typeof value === 'object' && value !== null) {
    for (const [field, each] of Object.entries(value)) collect(field, each, ids);
    const read = 'conversationId' in value && 'readSeq' in value ? lastRead(value, {}) : undefined;
    if (read !== undefined) ids.add(read);
  }
}

/** The same under other ids: where a field says that it is one, and nowhere else. */
const renamed = <T>(value: T, ids: ReadonlyMap<string, string>): T =>
  ids.size === 0 ? value : (mapped('', value, ids) as T);

function mapped(key: string, value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return idFields.has(key) ? (ids.get(value) ?? value) : value;
  if (Array.isArray(value)) return value.map((each) => mapped(key, each, ids));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, mapped(field, each, ids)]));
}

const idFields = new Set(['id', 'conversationId', 'messageId', 'messageIds', 'replyTo']);

function foreignIn(input: object): Foreign[] {
  return Object.entries(input).flatMap(([field, id]): Foreign[] => {
    const of = inputFields.get(field);
    return of && typeof id === 'string' && parseMessageId(id) === undefined ? [[field, of, id]] : [];
  });
}

/** Of the product's ids by ours, those that a contract can write. */
const sayable = (shapes: IdShapes, ids: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...ids].filter(([ours, id]) => shapes[isConversation(ours) ? 'conversation' : 'message'].is(id)));

const isConversation = (id: string): boolean => parseConversationId(id) !== undefined;
