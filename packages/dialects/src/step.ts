import {
  type CommandName,
  type ErrorCode,
  errors,
  type GuestCommandName,
  type GuestInput,
  type GuestOutput,
  type Input,
  type Output,
  parserOf,
  type Person,
  type Presence,
  type Refusal,
  type Role,
  stranger,
} from '@parley/protocol';
import type { Static, TSchema } from 'typebox';

/** Who speaks: proven by the token. `connectionId` is there on a live connection. */
export type Me = { readonly userId: string; readonly role: Role; readonly connectionId?: string };

/**
 * What a contract calls the places of our commands' inputs (`body`, `attachments/0/url`): the first of the names that a
 * client gave is the one that it gave it under. A place without a name is none that a client could mend.
 */
export type Fields = Readonly<Record<string, readonly string[]>>;

/** Runs a command that was drawn. */
export type Call<N extends CommandName> = (input: Input<N>) => Promise<Output<N>>;

/** What a node lends to a dialect. */
export type Desk = {
  readonly fields: Fields;
  readonly me: Me;
  /**
   * Draws one call of a command from the budget of the one who speaks, whatever becomes of it: what is refused, or found
   * nowhere, costs what an answer does. The first of a step is asked for and run before anything is awaited.
   * @returns runs it; throws Refused for what the command refuses
   * @throws Refused `rate_limited`
   */
  readonly ask: <N extends CommandName>(name: N) => Call<N>;
  readonly people: (userIds: readonly string[]) => Promise<readonly Person[]>;
  readonly now: () => Date;
};

/** One command that an event or a request of the contract stands for, and what is said of its outcome. */
export type Step<R> = {
  readonly command: CommandName;
  readonly takes: TSchema;
  /** @throws Refused for what the contract does not permit, and what the command refuses */
  readonly run: (given: unknown, desk: Desk) => Promise<R>;
};

export type Context<G> = {
  given: G;
  me: Me;
  now: Date;
  person: (userId: string) => Person;
  presence: (userId: string) => Presence;
};

type Words<N extends CommandName, G, R> = {
  /** The command's input. May throw `Refused`. */
  asks: (given: G, me: Me) => Input<N>;
  /** Whose profiles `says` needs. */
  people?: (output: Output<N>, given: G, me: Me) => readonly string[];
  /** Whose presence `says` needs. Of whom the speaker may learn nothing it is `unknown`. */
  presences?: (output: Output<N>, given: G, me: Me) => readonly string[];
  says: (output: Output<N>, context: Context<G>) => R;
  /** Said in place of `not_found`, by contracts in which what was never used is empty rather than missing. */
  ofNothing?: () => R;
};

export function step<N extends CommandName, S extends TSchema, R>(
  command: N,
  takes: S,
  { asks, people, presences, says, ofNothing }: Words<N, Static<S>, R>,
): Step<R> {
  const parse = parserOf(takes);
  return {
    command,
    takes,
    async run(payload, { fields, me, ask, people: find, now }) {
      const call = ask(command);
      const parsed = parse(payload);
      if (!parsed.ok) throw new Refused(parsed.error);
      const given = parsed.value;
      const asked = call(asks(given, me)).catch(inFieldsOf(fields, takes, given));
      const sayOf = async (output: Output<N>): Promise<R> => {
        const found = people ? await find([...new Set(people(output, given, me))]) : [];
        const byId = new Map(found.map((person) => [person.userId, person]));
        const userIds = presences ? [...new Set(presences(output, given, me))] : [];
        const seen = userIds.length > 0 ? (await ask('presence.watch')({ userIds })).presences : [];
        const seenById = new Map(seen.map((presence) => [presence.userId, presence]));
        return says(output, {
          given,
          me,
          now: now(),
          person: (userId) => byId.get(userId) ?? stranger(userId),
          presence: (userId) => seenById.get(userId) ?? { userId, status: 'unknown' },
        });
      };
      if (!ofNothing) return sayOf(await asked);
      return asked.then(sayOf, (error: unknown) => {
        if (error instanceof Refused && error.refusal.code === 'not_found') return ofNothing();
        throw error;
      });
    },
  };
}

/** The same for somebody without a token. */
export type GuestStep<R> = {
  readonly command: GuestCommandName;
  readonly takes: TSchema;
  readonly run: (given: unknown, desk: GuestDesk) => Promise<R>;
};
export type GuestDesk = {
  readonly fields: Fields;
  readonly ask: <N extends GuestCommandName>(name: N, input: GuestInput<N>) => Promise<GuestOutput<N>>;
};

export function guestStep<N extends GuestCommandName, S extends TSchema, R>(
  command: N,
  takes: S,
  { asks, says }: { asks: (given: Static<S>) => GuestInput<N>; says: (output: GuestOutput<N>) => R },
): GuestStep<R> {
  const parse = parserOf(takes);
  return {
    command,
    takes,
    async run(payload, { fields, ask }) {
      const parsed = parse(payload);
      if (!parsed.ok) throw new Refused(parsed.error);
      const output = await ask(command, asks(parsed.value)).catch(inFieldsOf(fields, takes, parsed.value));
      return says(output);
    },
  };
}

/** Throws on what a command refuses, with the places of what the client gave in place of ours. */
const inFieldsOf = (fields: Fields, takes: TSchema, given: unknown) => (error: unknown) => {
  if (!(error instanceof Refused) || !error.refusal.details) throw error;
  const { details, ...refusal } = error.refusal;
  const named = { ...('properties' in takes && Object(takes.properties)), ...Object(given) };
  const places = details.map(({ path, message }) => {
    const names = fields[path.slice(1)]?.filter((name) => name in named) ?? [];
    const own = names.find((name) => Object(given)[name] != null) ?? names[0];
    return { path, own: own === undefined ? undefined : `/${own}`, message };
  });
  const [first] = places;
  const isBare = refusal.message === errors[refusal.code].meaning;
  const message = isBare ? first?.message : refusal.message.replace(` ${first?.path} `, ` ${first?.own ?? 'it'} `);
  const theirs = places.flatMap(({ own: path, message }) => (path === undefined ? [] : { path, message }));
  throw new Refused({ ...refusal, message: message ?? refusal.message, ...(theirs.length > 0 && { details: theirs }) });
};

/** What a contract does not permit, before any command is run. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export const refused = (code: ErrorCode, message: string = errors[code].meaning): Refused =>
  new Refused({ code, message });
