import { Type } from 'typebox';
import { Closed, described, Time, UserId } from './values.ts';

export const LinkKind = Type.Union([Type.Literal('booking'), Type.Literal('assignment')], {
  title: 'LinkKind',
  description: '`booking`: of two equals. `assignment`: of a user (`userA`) to an agent (`userB`).',
});
export type LinkKind = Type.Static<typeof LinkKind>;

export const LinkStatus = Type.Union([Type.Literal('confirmed'), Type.Literal('cancelled')], {
  title: 'LinkStatus',
  description: 'A confirmed link permits talk; a cancelled one does not, and keeps its row.',
});
export type LinkStatus = Type.Static<typeof LinkStatus>;

/** What permits two users to talk where the talk rule of their space asks for it. */
export const Link = Closed(
  {
    userA: described(UserId, 'Of an assignment, the user; of a booking, whom the host named first.'),
    userB: described(UserId, 'Of an assignment, the agent.'),
    kind: LinkKind,
    status: LinkStatus,
    updatedAt: described(Time, 'When the host last said so.'),
  },
  {
    $id: 'Link',
    description: 'A relation of two users; they have at most one of each kind, whichever is named first.',
  },
);
export type Link = Type.Static<typeof Link>;
