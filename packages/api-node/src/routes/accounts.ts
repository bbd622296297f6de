import type { Doors } from '@parley/node-kit';
import { type GuestCommand, guestCommandNames, guestCommands } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { entered } from '../entrance.ts';
import { type GuestParts, guestFrom, performAsGuest } from '../guests.ts';
import { inputOf } from '../input.ts';

/** The doors of whoever has no token yet, straight from their table. */
export async function accountRoutes(
  app: FastifyInstance,
  { doors, guests }: { doors: Doors; guests: GuestParts },
): Promise<void> {
  for (const name of guestCommandNames) {
    const { http, input }: GuestCommand = guestCommands[name];
    app.route({
      method: http.method,
      url: http.path,
      handler: async (request, reply) => {
        const guest = guestFrom(request, entered(request, doors));
        void reply.header('cache-control', 'no-store');
        return performAsGuest(guests, guest, name, inputOf(input, request));
      },
    });
  }
}
