import { createLimiter, type Limiter } from './limiter.ts';
import type { Logger } from 'pino';
import type { Refusals } from './rate-limits.ts';
import type { Space, Spaces } from './spaces.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** A space that this node serves, with what verifies its tokens and counts what its users do. */
export type Door = { space: Space; tokens: Tokens; limiter: Limiter; tlsRequired: boolean };
export type Doors = ReadonlyMap<string, Door>;

export function createDoors(
  spaces: Spaces,
  refusals: Pick<Refusals, 'counted'>,
  log: Pick<Logger, 'error'>,
  tlsRequired: boolean,
): Doors {
  const doors = [...spaces.values()].map((space): Door => {
    const onKeysFailed = (err: unknown) => log.error({ err, space: space.name }, 'the key set cannot be loaded');
    const limiter = createLimiter(space.budgets, { onRefused: refusals.counted });
    return { space, tokens: createTokens(space, { onKeysFailed }), limiter, tlsRequired };
  });
  return new Map(doors.map((door) => [door.space.name, door]));
}

/**
 * The load balancer sets these headers and deletes what a client sent; a node listens on a private address only. Where
 * TLS is required, nobody finds a door who came in the clear.
 */
export function doorOf(
  doors: Doors,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Door | undefined {
  const name = headers['x-parley-space'];
  const door = typeof name === 'string' ? doors.get(name) : undefined;
  return door?.tlsRequired && headers['x-forwarded-proto'] !== 'https' ? undefined : door;
}

/**
 * Whether the page that asks is on the space's allow-list. No origin at all means no browser, and so no ambient
 * credentials that a foreign page could use.
 */
export function originAllowed(origin: string | undefined, { origins }: Pick<Space, 'origins'>): boolean {
  return origin === undefined || origins.includes('*') || origins.includes(origin);
}
