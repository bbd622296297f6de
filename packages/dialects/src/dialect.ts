import type { About, EventName, Payload, Refusal, Role } from '@parley/protocol';
import { asImported, type IdShapes } from './imported.ts';
import type { Fields, GuestStep, Step } from './step.ts';

/** What goes over the wire: the name of a Socket.IO event, and its arguments. */
export type Spoken = readonly [name: string, ...args: unknown[]];

/** From where an event is heard: by whom, whether their own doing is told, and whether they look at the conversation. */
export type View = { readonly role: Role; readonly own: boolean; readonly viewing: boolean };

/** How one canonical event sounds. A dialect that has no such event says `silent`; a missing line does not compile. */
export type Line<N extends EventName> =
  | ((payload: Payload<N>, about: About, view: View) => readonly Spoken[])
  | 'silent';

/** A request over HTTP as the contract has it, with what it answers. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Of the answer when all went well; 200 when it is not said. */
  readonly status?: number;
  /** Takes the path's parameters, the query and the body as one object; answers the body. */
  readonly step: Step<unknown>;
};

/** A request of somebody without a token. */
export type GuestRoute = Omit<Route, 'step'> & { readonly step: GuestStep<unknown> };

/** What each is for, in one sentence, by its name; that of a route is its method and path. */
export type Summaries = {
  /** Of what clients say. */
  readonly takes: Readonly<Record<string, string>>;
  /** Of every event that the server says. */
  readonly says: Readonly<Record<string, string>>;
  readonly routes: Readonly<Record<string, string>>;
};

/** A wire contract as a table: data and small pure functions, no I/O, and nothing that knows another dialect. */
export type Dialect = {
  readonly name: string;
  /** In what its events differ from one hearer to the next; each difference doubles what is encoded. */
  readonly hears: readonly (keyof View)[];
  /** Whether its events say more of people and conversations than their ids: then those are looked up. */
  readonly describes: boolean;
  /** Which ids of a product that moved in it can write, and writes in place of ours; absent: it writes ours alone. */
  readonly importedIds?: IdShapes;
  /** Whether it also takes the token from the query `?token=`. */
  readonly tokenInQuery: boolean;
  /** The path of the page at which developers try it by hand, where its document has one. */
  readonly tryOutAt?: string;
  /** Whose presence a session hears without asking; `everybody`: besides, whoever comes or goes, up to `watchedUsersMax`. */
  readonly watches: 'nobody' | 'acquaintances' | 'everybody';
  /** The event without which a user counts as gone after so many ms, for contracts that have one. Connecting counts as one. */
  readonly heartbeat?: { readonly event: string; readonly timeoutMs: number };
  /** What a session begins with, after `session.ready`. */
  readonly opening: readonly Step<readonly Spoken[]>[];
  /** What clients say, by the name of the event; `commands`: every command under its own name, with an answer. */
  readonly inbound: Readonly<Record<string, readonly Step<readonly Spoken[]>[]>> | 'commands';
  readonly outbound: { readonly [N in EventName]: Line<N> };
  readonly summaries: Summaries;
  readonly routes: readonly Route[];
  /** Where the contract promises its documentation; it is always at `/docs`. */
  readonly docs?: string;
  /** How users get their tokens, in contracts that say it. */
  readonly guests?: readonly GuestRoute[];
  /** What clients call what our commands' inputs name otherwise: refusals name the fields that a client knows. */
  readonly fields: Fields;
  readonly refusals: {
    /** Over a socket, to whoever said it. */
    readonly event: (refusal: Refusal) => readonly Spoken[];
    /** Over HTTP; the status is that of the errors table. */
    readonly body: (refusal: Refusal) => unknown;
  };
};

/** One event in one dialect, from one view; nothing where the dialect keeps silent. */
export function speak<N extends EventName>(
  dialect: Dialect,
  name: N,
  payload: Payload<N>,
  about: About,
  view: View,
): readonly Spoken[] {
  const line: Line<N> = dialect.outbound[name];
  return line === 'silent' ? [] : line(...asImported(dialect, payload, about), view);
}
