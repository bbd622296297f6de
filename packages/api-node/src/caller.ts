import { admitUser, type Caller, type Users } from '@parley/core';
import { type Door, wallClockMs } from '@parley/node-kit';
import type { FastifyRequest } from 'fastify';
import { refused } from './refusals.ts';
import { traceOf } from './traces.ts';

const callers = new WeakMap<FastifyRequest, Caller>();

/** Who asked, for the log: `undefined` for a request that proved nobody. */
export const callerOnceProven = (request: FastifyRequest): Caller | undefined => callers.get(request);

/**
 * Who asks, proven by the bearer token and by nothing else: a token in a query ends in logs and histories.
 * @throws Failure `unauthenticated`, `token_expired`, `token_revoked`, `banned`, `unavailable`
 */
export async function callerOf(request: FastifyRequest, door: Door, users: Users): Promise<Caller> {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw refused('unauthenticated', 'Give the token in the header: Authorization: Bearer …');
  const verified = await door.tokens.verify(token);
  if (!verified.ok) throw refused(verified.code);
  const { issuedAt, expiresAt: _, ...claims } = verified.claims;
  const caller = await admitUser({ users }, { space: door.space.name, ...claims }, issuedAt);
  callers.set(request, caller);
  const trace = traceOf(request);
  return trace ? { ...caller, hops: { receivedAt: wallClockMs(), trace } } : caller;
}
