import { type Caller, Failure, type Parts, refusalOf, run } from '@parley/core';
import {
  type Desk,
  type Dialect,
  dialects,
  dialectsOf,
  type GuestRoute,
  native,
  Refused,
  type Route,
  withImported,
} from '@parley/dialects';
import { type Door, type Doors, doorOf } from '@parley/node-kit';
import { commands, parseCommand } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../caller.ts';
import { entered } from '../entrance.ts';
import { type GuestParts, guestFrom, performAsGuest } from '../guests.ts';
import { inputOf } from '../input.ts';
import type { Reading } from '../reading.ts';
import { refused } from '../refusals.ts';

type Handler = Parameters<ReturnType<ConstraintStrategy['storage']>['set']>[1];
type ConstraintStrategy = Parameters<FastifyInstance['addConstraintStrategy']>[0];
type Around = {
  doors: Doors;
  parts: Parts;
  guests: GuestParts;
  reading: Reading;
};

/** The routes of the contracts that this node's spaces speak, each for the spaces of its dialect alone. */
export async function dialectRoutes(app: FastifyInstance, around: Around): Promise<void> {
  const names = new Set([...around.doors.values()].map(({ space }) => space.dialect));
  for (const name of names) {
    const dialect = dialects[name];
    for (const route of dialect?.routes ?? []) if (dialect) addRoute(app, around, dialect, route);
    for (const route of dialect?.guests ?? []) if (dialect) addGuestRoute(app, around, dialect, route);
  }
}

/** Before any route: which dialect a request is in follows from the space that it came in by. */
export function tellDialectsApart(app: FastifyInstance, doors: Doors): void {
  app.addConstraintStrategy({
    name: 'dialect',
    storage: () => {
      const handlers = new Map<unknown, Handler>();
      return {
        get: (name) => handlers.get(name) ?? null,
        set: (name, handler) => void handlers.set(name, handler),
      };
    },
    deriveConstraint: ({ headers }) => doorOf(doors, headers)?.space.dialect ?? '',
    validate: () => true,
  });
}

/** In whose words a request is refused, also one that no route takes: below `/v1` in ours, else as its space speaks. */
export function contractOf({ url, headers }: FastifyRequest, doors: Doors): Dialect {
  const isNative = /^\/v1(?:[/?]|$)/.test(url);
  return (!isNative && dialectsOf(doorOf(doors, headers)?.space.dialect).at(-1)) || native;
}

function addRoute(app: FastifyInstance, { doors, parts, reading }: Around, dialect: Dialect, route: Route): void {
  const { step } = route;
  app.route({
    ...placeOf(dialect, route),
    handler: async (request, reply) => {
      const door = entered(request, doors);
      const caller = await callerOf(request, door, parts.users);
      begin(reply, route);
      const desk = deskOf(dialect, parts, door, caller);
      const imported = { space: caller.space, ids: parts.importedIds };
      const lent = withImported(dialect, desk, imported);
      return reading.take(caller, request, reply, async () => step.run(givenIn(request, step, desk), lent));
    },
  });
}

function addGuestRoute(app: FastifyInstance, { doors, guests }: Around, dialect: Dialect, route: GuestRoute): void {
  const { step } = route;
  app.route({
    ...placeOf(dialect, route),
    handler: async (request, reply) => {
      const guest = guestFrom(request, entered(request, doors));
      begin(reply, route);
      return step.run(inputOf(step.takes, request), {
        fields: dialect.fields,
        ask: (name, input) => performAsGuest(guests, guest, name, input).catch(throwRefused),
      });
    },
  });
}

/** Where a route of a contract is. */
function placeOf(dialect: Dialect, { method, path }: Pick<Route, 'method' | 'path'>) {
  return {
    method,
    url: path,
    constraints: { dialect: dialect.name },
  };
}

function begin(reply: FastifyReply, { status = 200 }: Pick<Route, 'status'>): void {
  void reply.header('cache-control', 'no-store').code(status);
}

/** What a request gives to a step. What no step can take costs what its command does. */
function givenIn(request: FastifyRequest, { takes, command }: Route['step'], desk: Desk): object {
  try {
    return inputOf(takes, request);
  } catch (error) {
    desk.ask(command);
    throw error;
  }
}

const throwRefused = (error: unknown): never => {
  throw error instanceof Failure && error.code !== 'internal' ? new Refused(refusalOf(error)) : error;
};

function deskOf({ fields }: Dialect, parts: Parts, door: Door, caller: Caller): Desk {
  const { space, userId, role } = caller;
  return {
    fields,
    me: { userId, role },
    people: (userIds) => parts.directory.people(space, userIds),
    now: () => new Date(),
    ask(name) {
      const retryAfterMs = door.limiter.take(userId, commands[name].budget);
      if (retryAfterMs > 0) throw refused('rate_limited', undefined, { retryAfterMs });
      return async (input) => {
        // A contract's own schema is about its shapes; what may be stored, ours says.
        const parsed = parseCommand(name, input);
        if (!parsed.ok) throw new Refused(parsed.error);
        return run(parts, caller, name, parsed.value).catch(throwRefused);
      };
    },
  };
}
