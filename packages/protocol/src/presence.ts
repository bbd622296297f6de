import { Type } from 'typebox';
import { Closed, described, Time, UserId } from './values.ts';

/**
 * `unknown` means just that: the presence store is away or too young to tell. It is never `offline`.
 * `stale` marks a user who is still online as far as anybody knows, but whose node was lost.
 */
export const Presence = Closed(
  {
    userId: UserId,
    status: Type.Union([Type.Literal('online'), Type.Literal('offline'), Type.Literal('unknown')], {
      description: '`unknown`: nobody can tell now; it never means offline.',
    }),
    stale: Type.Optional(
      Type.Literal(true, { description: 'Online, but their node was lost: they may be about to return.' }),
    ),
    lastSeen: Type.Optional(described(Time, 'When they were last online, of somebody offline who ever was.')),
  },
  { $id: 'Presence', description: 'Whether a user is there (§8).' },
);
export type Presence = Type.Static<typeof Presence>;
