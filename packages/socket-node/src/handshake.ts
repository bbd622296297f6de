import type { IncomingMessage } from 'node:http';
import { admitUser, type Caller, Failure, refusalOf, type Users } from '@parley/core';
import { type Dialect, dialects, native } from '@parley/dialects';
import { type Door, type Doors, doorOf, originAllowed } from '@parley/node-kit';
import type { ErrorCode, Refusal } from '@parley/protocol';
import type { Socket } from 'socket.io';
import type { Admission } from './admission.ts';

type Handshake = Socket['handshake'];

/** What the handshake asks about its node. */
export type NodeState = { readonly draining: boolean; readonly broken: boolean; readonly admission: Admission };

/** What the handshake proved. */
export type Entered = {
  caller: Caller;
  door: Door;
  dialect: Dialect;
  /** Whether it asked for `notification.raised`. */
  notifications: boolean;
  /** Whether it follows `server.migrate`. */
  migrates: boolean;
  expiresAt: Date | undefined;
  issuedAt: Date | undefined;
};

/**
 * The checks that need no token, before a session exists. Their refusals end the request itself, and so a plain
 * Socket.IO client comes back by itself: a refusal by `connect_error` would stop it for good.
 */
export function refusalAtTheDoor(request: IncomingMessage, doors: Doors, node: NodeState): ErrorCode | undefined {
  const door = doorOf(doors, request.headers);
  if (!door) return 'not_found';
  if (!originAllowed(request.headers.origin, door.space)) return 'origin_refused';
  if (node.draining) return 'draining';
  if (node.broken) return 'unavailable';
  return undefined;
}

/**
 * The checks of the token. Whatever they say, the token is gone from the handshake afterwards: Socket.IO hands a
 * socket's handshake to other nodes (measured: `fetchSockets` of the classic adapter publishes it).
 *
 * @throws Failure `unauthenticated`, `token_expired`, `token_revoked`, `banned`, `unavailable`
 */
export async function enter(handshake: Handshake, doors: Doors, users: Users): Promise<Entered> {
  const door = doorOf(doors, handshake.headers);
  if (!door) throw new Failure('not_found');
  const dialect = dialectOf(handshake, door);
  const token = takeToken(handshake, dialect);
  if (token === undefined) throw new Failure('unauthenticated', 'Give the token as `auth.token` or as a bearer token.');
  const verified = await door.tokens.verify(token);
  if (!verified.ok) throw new Failure(verified.code);
  const { issuedAt, expiresAt, ...claims } = verified.claims;
  const caller = await admitUser({ users }, { space: door.space.name, ...claims }, issuedAt);
  const notifications = handshake.auth['notifications'] === true;
  const migrates = handshake.auth['migrates'] === true;
  return { caller, door, dialect, notifications, migrates, expiresAt, issuedAt };
}

/** How a refusal reaches `connect_error`: its message for people, its `data` for programs. */
export function connectError(error: unknown): Error & { data: Refusal } {
  const data = refusalOf(error);
  return Object.assign(new Error(data.message), { data });
}

/** The contract of the space, unless the client asks for the native one, which every space speaks. */
function dialectOf({ auth, query }: Handshake, { space }: Door): Dialect {
  const asked: unknown = auth['dialect'] ?? query['dialect'];
  return asked === native.name ? native : (dialects[space.dialect] ?? native);
}

function takeToken(handshake: Handshake, { tokenInQuery }: Dialect): string | undefined {
  const { auth, headers, query } = handshake;
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const token: unknown = auth['token'] ?? bearer ?? (tokenInQuery ? query['token'] : undefined);
  delete auth['token'];
  delete headers.authorization;
  delete query['token'];
  handshake.url = handshake.url.replace(/([?&]token=)[^&]*/g, '$1');
  // Clients that have a bearer token at hand often give it with its scheme.
  return typeof token === 'string' ? token.replace(/^Bearer +/i, '') : undefined;
}
