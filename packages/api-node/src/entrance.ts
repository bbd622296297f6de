import cors from '@fastify/cors';
import { type Door, type Doors, doorOf, originAllowed } from '@parley/node-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refused } from './refusals.ts';

/** A browser asks again after ten minutes whether it may. */
const preflightMaxAgeS = 600;

/**
 * What every request passes first: the space that it came in by, and the page that it came from. Pages get no more
 * than the allow-list of their space says; there are no cookies, so credentials are never allowed.
 */
export async function guardEntrance(app: FastifyInstance, doors: Doors): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff');
    const door = entered(request, doors);
    if (!originAllowed(request.headers.origin, door.space)) throw refused('origin_refused');
  });
  await app.register(cors, {
    delegator: async (request: FastifyRequest) => ({
      origin: doorOf(doors, request.headers)?.space.origins.includes('*') ? '*' : (request.headers.origin ?? false),
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type'],
      exposedHeaders: ['retry-after'],
      credentials: false,
      maxAge: preflightMaxAgeS,
      strictPreflight: false,
    }),
  });
}

/** @throws Failure `not_found` for a request that did not come through the load balancer, or names no space of ours */
export function entered(request: FastifyRequest, doors: Doors): Door {
  const door = doorOf(doors, request.headers);
  if (!door) throw refused('not_found', 'No such space: reach Parley through its load balancer.');
  return door;
}
