import { Type } from 'typebox';
import { limits } from './limits.ts';
import { Closed, Count, described, Text, Time, UserId } from './values.ts';

export const Reason = Text(limits.reasonCharsMax, { description: 'Why, in words for people.' });

/** What an admin did, by the name of the command that did it. */
export const Deed = Type.Union([Type.Literal('user.ban'), Type.Literal('user.unban'), Type.Literal('user.revoke')], {
  title: 'Deed',
  description: 'What an admin did, by the name of the command that did it.',
});
export type Deed = Type.Static<typeof Deed>;

export const Ban = Closed(
  {
    userId: UserId,
    reason: Type.Optional(Reason),
    until: Type.Optional(described(Time, 'When it ends by itself. Absent: never.')),
    byId: described(UserId, 'The admin who banned.'),
    at: described(Time, 'When.'),
  },
  { $id: 'Ban', description: 'A user whom no door lets in for a time.' },
);
export type Ban = Type.Static<typeof Ban>;

export const AuditEntry = Closed(
  {
    no: Count('Its number: later ones are higher, and some are never given.'),
    at: Time,
    byId: described(UserId, 'Who did it.'),
    deed: Deed,
    userId: Type.Optional(described(UserId, 'To whom.')),
    reason: Type.Optional(Reason),
    until: Type.Optional(described(Time, 'Until when.')),
  },
  { $id: 'AuditEntry', description: 'Who did what to whom, and when. Never changed and never deleted.' },
);
export type AuditEntry = Type.Static<typeof AuditEntry>;
