import { type Caller, type Parts, run } from '@parley/core';
import type { Door, Doors } from '@parley/node-kit';
import { type Command, type CommandName, commandNames, commands, parseCommand } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { callerOf } from '../caller.ts';
import { entered } from '../entrance.ts';
import { inputOf } from '../input.ts';
import type { Reading } from '../reading.ts';
import { refused } from '../refusals.ts';

/** Who asks, and by which door; known before a byte of the body is read. */
type Admitted = { door: Door; caller: Caller };

/** Every command that has a route, straight from the table: nothing about any of them is written here. */
export async function commandRoutes(
  app: FastifyInstance,
  { doors, parts, reading }: { doors: Doors; parts: Parts; reading: Reading },
): Promise<void> {
  app.decorateRequest('admitted');
  app.addHook('onRequest', async (request) => {
    const door = entered(request, doors);
    request.setDecorator<Admitted>('admitted', { door, caller: await callerOf(request, door, parts.users) });
  });
  for (const name of commandNames) {
    const { http, budget, input }: Command = commands[name];
    if (!http) continue;
    app.route({
      method: http.method,
      url: http.path,
      handler: async (request, reply) => {
        const { door, caller } = request.getDecorator<Admitted>('admitted');
        const retryAfterMs = door.limiter.take(caller.userId, budget);
        if (retryAfterMs > 0) throw refused('rate_limited', undefined, { retryAfterMs });
        void reply.header('cache-control', 'no-store');
        return reading.take(caller, request, reply, () => perform(parts, caller, name, inputOf(input, request)));
      },
    });
  }
}

async function perform<N extends CommandName>(parts: Parts, caller: Caller, name: N, input: unknown) {
  const parsed = parseCommand(name, input);
  if (!parsed.ok) throw refused('invalid', parsed.error.message, parsed.error);
  return run(parts, caller, name, parsed.value);
}
