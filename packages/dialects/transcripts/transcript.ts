import type { CommandName, ErrorCode, EventName, GuestCommandName, Role } from '@parley/protocol';

/**
 * JSON in which a text may hold placeholders: `<ann>` stands for what is bound to that name. In what is expected,
 * `<integer:chat>` binds what is seen there first and is the same from then on; `<time>` is any. The kinds are `integer`,
 * `text` and `time`. A list that begins with `<others>` holds the rest of it in any order, among what others made.
 */
export type Golden = string | number | boolean | null | readonly Golden[] | { readonly [key: string]: Golden };

/** A Socket.IO event: its name, and its arguments. */
export type Said = readonly [event: string, ...args: Golden[]];

/** Somebody with a token, whose user id is bound to their name in the cast. */
export type Actor = {
  readonly name?: string;
  readonly role?: Role;
  /** Another connection of this one. */
  readonly deviceOf?: string;
};

/** What happens in canonical words, for the stage on which the table stands alone: no ids are known there but these. */
type Canonical = {
  /** The commands that are run, each with its input and what it answers. */
  readonly runs?: readonly (readonly [
    CommandName | GuestCommandName,
    input: Golden,
    output: Golden | { readonly refused: ErrorCode },
  ])[];
  /** The events that are told of it, to everybody who is connected or to some. */
  readonly tells?: readonly (readonly [EventName, payload: Golden, to?: readonly string[]])[];
};

type Heard = {
  /** What each hears of it, exactly and in this order. Who is not named hears nothing. */
  readonly heard?: { readonly [who: string]: readonly Said[] };
};

/** One thing that somebody does, and all that comes of it. */
export type Turn = Canonical &
  Heard &
  (
    | { readonly who: string; readonly does: 'connect' | 'disconnect' }
    | { readonly who: string; readonly emits: Said }
    | {
        /** Absent: somebody without a token. */
        readonly who?: string;
        /** The method, the path and the query. */
        readonly requests: string;
        readonly body?: Golden;
        /** Its route, where that has parameters: `GET /chat/messages/:conversationId`. */
        readonly route?: string;
        readonly answer: readonly [status: number, body: Golden];
        /** It tells of presence, which is known a moment later: asked again until the answer is this one. */
        readonly settles?: true;
      }
    /** The product's own server does something, over the native contract. */
    | { readonly host: readonly [CommandName, input: Golden] }
  );

/** A run of its own, with users of its own. Ids ascend in the order of the cast. */
export type Scene = {
  readonly title: string;
  /** Begins when nobody else of the space is there and the cluster can tell: for what is said of everybody. */
  readonly alone?: true;
  readonly cast: { readonly [who: string]: Actor };
  readonly turns: readonly Turn[];
};

/** What clients of one contract and its server say to each other, and nothing else. */
export type Transcript = {
  readonly dialect: string;
  /** What user ids look like on its wire. */
  readonly ids: 'integers' | 'words';
  readonly scenes: readonly Scene[];
};

/** Every route, every event of clients and every event of the server that occurs, each once. */
export function touchedBy({ scenes }: Transcript): { routes: string[]; emitted: string[]; heard: string[] } {
  const turns = scenes.flatMap((scene) => scene.turns);
  const once = (names: readonly string[]) => [...new Set(names)].sort();
  return {
    routes: once(turns.flatMap((turn) => ('requests' in turn ? (turn.route ?? routeOf(turn.requests)) : []))),
    emitted: once(turns.flatMap((turn) => ('emits' in turn ? turn.emits[0] : []))),
    heard: once(turns.flatMap(({ heard = {} }) => Object.values(heard).flatMap((said) => said.map(([name]) => name)))),
  };
}

const routeOf = (request: string): string => request.replace(/\?.*/, '');
