import type { Json, JsonObject } from '@parley/protocol/docs';
import examples from '../../examples.golden.json' with { type: 'json' };

type Fields = Readonly<Record<string, Json>>;

/** What passed between clients of a contract and its server, as its transcript was played: an example of each. */
export type Examples = {
  /** By method and path. The answer is one when all went well; its shape is that of all of them. */
  readonly requests: Readonly<
    Record<string, { path: Fields; query: Fields; body: Json; answer: Json; shape: JsonObject }>
  >;
  /** What clients said and what they heard, by the name of the event; `null` where it carries nothing. */
  readonly said: Fields;
  readonly heard: Fields;
  /** What all that they heard had in common, by the name of the event. */
  readonly shapes: Readonly<Record<string, JsonObject>>;
};

const none: Examples = { requests: {}, said: {}, heard: {}, shapes: {} };
const all: Readonly<Record<string, Examples>> = examples;

export const examplesOf = (dialect: string): Examples => all[dialect] ?? none;
