import {
  type About,
  commands,
  type ErrorCode,
  errors,
  events,
  type CommandName,
  type GuestCommandName,
  guestCommands,
  type GuestOutput,
  type Output,
  parseCommand,
  parserOf,
  type Payload,
  type EventName,
  type Person,
} from '@parley/protocol';
import type { TSchema } from 'typebox';
import { expect } from 'vitest';
import { type Desk, type Dialect, type GuestDesk, Refused, speak, type Spoken } from '../../src/index.ts';
import { announcementsId } from '../../transcripts/canonical.ts';
import { type Bound, differences, fill, type Scene, type Transcript, type Turn } from '../../transcripts/index.ts';

type Run = NonNullable<Turn['runs']>[number];

/** What went over the wire, placeholders replaced by what they stood for; of what clients say, what was not refused. */
export type Witness = {
  said?: (event: string, payload: unknown) => void;
  heard?: (event: string, payload: unknown) => void;
  answered?: (route: string, given: Given, answer: readonly [status: number, body: unknown]) => void;
};
type Given = { path: object; query: object; body: unknown };

/** Plays a scene on the table alone: what the commands answer and which events are told, the transcript says. */
export async function playOnTable(
  dialect: Dialect,
  { ids }: Transcript,
  { cast, turns }: Scene,
  witness: Witness = {},
): Promise<void> {
  const wire: Bound = new Map();
  const canonical: Bound = new Map();
  const people = new Map<string, Person>();
  const viewed = new Set<string>();
  const connected = new Set<string>();
  Object.entries(cast).forEach(([who, { name, role = 'user' }], i) => {
    const userId = ids === 'integers' ? String(101 + i) : who;
    wire.set(who, ids === 'integers' ? 101 + i : who);
    canonical.set(who, userId);
    people.set(userId, { userId, role, active: true, ...(name !== undefined && { name }) });
  });
  const userIdOf = (who: string) => String(canonical.get(who));
  const person = (userId: string): Person => people.get(userId) ?? { userId, role: 'user', active: true };
  const [low = '', high = ''] = [...people.keys()];
  const direct: About['conversation'] = { kind: 'direct', peerIds: [low, high] };
  const aboutOf = (told: object): About => {
    const isAnnounced = 'conversationId' in told && told.conversationId === announcementsId;
    return { conversation: isAnnounced ? { kind: 'announcement', peerIds: undefined } : direct, person };
  };

  const answered = (runs: Run[], name: Run[0], input: unknown): unknown => {
    const [expected, asked, output] = runs.shift() ?? [];
    expect([name, input]).toEqual([expected, fill(asked ?? null, canonical)]);
    return fill(output ?? null, canonical);
  };
  const guestDeskOf = (runs: Run[]): GuestDesk => ({
    fields: dialect.fields,
    ask: async (name, input) => guestOutputOf(name, answered(runs, name, input)),
  });
  const deskOf = (who: string, runs: Run[]): Desk => ({
    fields: dialect.fields,
    me: { userId: userIdOf(who), role: cast[who]?.role ?? 'user', connectionId: `connection-of-${who}` },
    people: async (userIds) => userIds.map(person),
    now: () => new Date(Date.UTC(2026, 0, 21)),
    ask: (name) => async (input) => {
      const output = answered(runs, name, input);
      const parsed = parseCommand(name, input);
      if (!parsed.ok) throw new Refused(parsed.error);
      if (name === 'viewing.start') viewed.add(who);
      if (name === 'viewing.stop') viewed.delete(who);
      return outputOf(name, output);
    },
  });

  const tell = ([name, payload, to = [...connected]]: NonNullable<Turn['tells']>[number], said: Said) => {
    const told = payloadOf(name, fill(payload, canonical));
    const actorId = 'senderId' in told ? told.senderId : 'userId' in told ? told.userId : undefined;
    for (const who of to) {
      const view = { role: cast[who]?.role ?? 'user', own: userIdOf(who) === actorId, viewing: viewed.has(who) };
      said(who, speak(dialect, name, told, aboutOf(told), view));
    }
  };

  for (const turn of turns) {
    if ('host' in turn) continue;
    const heard = new Map<string, Spoken[]>();
    const said: Said = (who, all) => void heard.set(who, [...(heard.get(who) ?? []), ...all]);
    const runs = [...(turn.runs ?? [])];
    const { who: actor = 'nobody' } = turn;
    const desk = deskOf(actor, runs);
    const found: string[] = [];
    if ('does' in turn) {
      if (turn.does === 'connect') {
        connected.add(actor);
        for (const step of dialect.opening) said(actor, await step.run(undefined, desk));
      } else connected.delete(actor);
    } else if ('emits' in turn) {
      said(actor, await emitted(dialect, fill(turn.emits, wire) as Spoken, desk, witness));
    } else {
      const asked = [fill(turn.requests, wire), fill(turn.body ?? {}, wire)] as const;
      const routes = routesOf(dialect, desk, guestDeskOf(runs));
      const answer = await requested(routes, dialect, asked, witness);
      found.push(...differences(turn.answer, answer, wire));
    }
    for (const telling of turn.tells ?? []) tell(telling, said);
    for (const who of connected) found.push(...differences(turn.heard?.[who] ?? [], heard.get(who) ?? [], wire, who));
    for (const [event, payload] of [...heard.values()].flat()) witness.heard?.(event, payload);
    expect({ turn, found, notRun: runs }).toEqual({ turn, found: [], notRun: [] });
  }
}

type Said = (who: string, all: readonly Spoken[]) => void;

async function emitted(
  dialect: Dialect,
  [name, payload]: Spoken,
  desk: Desk,
  { said }: Witness,
): Promise<readonly Spoken[]> {
  if (dialect.inbound === 'commands') throw new Error('the native contract has no table');
  try {
    const all: Spoken[] = [];
    for (const step of dialect.inbound[name] ?? []) all.push(...(await step.run(payload, desk)));
    said?.(name, payload);
    return all;
  } catch (error) {
    if (error instanceof Refused) return dialect.refusals.event(error.refusal);
    throw error;
  }
}

type Route = {
  method: string;
  path: string;
  status?: number;
  takes: object;
  run: (given: unknown) => Promise<unknown>;
};

function routesOf({ routes, guests = [] }: Dialect, desk: Desk, guestDesk: GuestDesk): Route[] {
  return [
    ...routes.map(({ step, ...route }) => ({
      ...route,
      takes: step.takes,
      run: (given: unknown) => step.run(given, desk),
    })),
    ...guests.map(({ step, ...route }) => ({
      ...route,
      takes: step.takes,
      run: (given: unknown) => step.run(given, guestDesk),
    })),
  ];
}

async function requested(
  routes: Route[],
  dialect: Dialect,
  [request, body]: readonly [unknown, unknown],
  { answered }: Witness,
): Promise<unknown> {
  const [method, address = ''] = String(request).split(' ');
  const url = new URL(address, 'http://parley.example');
  for (const route of routes) {
    const pattern = new RegExp(`^${route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
    const params = method === route.method && pattern.exec(url.pathname);
    if (!params) continue;
    const path = coerced(route.takes, decoded(params.groups));
    const query = coerced(route.takes, Object.fromEntries(url.searchParams));
    const answer = await answerTo(route, { ...query, ...path, ...Object(body) }, dialect);
    answered?.(`${route.method} ${route.path}`, { path, query, body }, answer);
    return answer;
  }
  throw new Error(`no route is ${String(request)}`);
}

async function answerTo(route: Route, given: object, { refusals }: Dialect): Promise<readonly [number, unknown]> {
  try {
    return [route.status ?? 200, await route.run(given)];
  } catch (error) {
    if (error instanceof Refused) return [errors[error.refusal.code].status, refusals.body(error.refusal)];
    throw error;
  }
}

const decoded = (params: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(params).map(([key, value]) => [key, decodeURIComponent(value)]));

/** As the edge does: a query carries text only, and its numbers are numbers. */
function coerced(takes: object, query: Record<string, string>): Record<string, unknown> {
  const properties: Record<string, { type?: string }> = 'properties' in takes ? Object(takes.properties) : {};
  return Object.fromEntries(
    Object.entries(query).map(([key, value]) => [key, properties[key]?.type === 'integer' ? Number(value) : value]),
  );
}

function outputOf<N extends CommandName>(name: N, output: unknown): Output<N> {
  return possible(name, commands[name].output, output) as Output<N>;
}

function guestOutputOf<N extends GuestCommandName>(name: N, output: unknown): GuestOutput<N> {
  return possible(name, guestCommands[name].output, output) as GuestOutput<N>;
}

/** What the transcript says that a command answers must be what it can answer. */
function possible(name: string, answer: TSchema, output: unknown): unknown {
  const { refused } = Object(output) as { refused?: ErrorCode };
  if (refused) throw new Refused({ code: refused, message: errors[refused].meaning });
  const parsed = parserOf(answer)(output);
  if (!parsed.ok) throw new Error(`${name} never answers this: ${parsed.error.message}`);
  return parsed.value;
}

function payloadOf<N extends EventName>(name: N, payload: unknown): Payload<N> {
  const parsed = parserOf(events[name].payload)(payload);
  if (!parsed.ok) throw new Error(`${name} never says this: ${parsed.error.message}`);
  return parsed.value as Payload<N>;
}
