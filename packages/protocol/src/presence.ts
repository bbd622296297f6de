import { Type } from 'typebox';
import { Closed, Time, UserId } from './values.ts';

/**
 * `unknown` means just that: the presence store is away or too young to tell. It is never `offline`.
 * `stale` marks a user who is still online as far as anybody knows, but whose node was lost.
 */
export const Presence = Closed(
  {
    userId: UserId,
    status: Type.Union([Type.Literal('online'), Type.Literal('offline'), Type.Literal('unknown')]),
    stale: Type.Optional(Type.Literal(true)),
    lastSeen: Type.Optional(Time),
  },
  { $id: 'Presence' },
);
export type Presence = Type.Static<typeof Presence>;
