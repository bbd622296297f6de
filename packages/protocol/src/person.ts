import { Type } from 'typebox';
import type { ConversationKind } from './conversation.ts';
import { limits } from './limits.ts';
import { Closed, described, Role, Text, Time, UserId, WebAddress } from './values.ts';

/** What a user is called and looks like. Each is absent until a token or the host application says it. */
export const profileFields = {
  name: Type.Optional(Text(limits.nameCharsMax, { description: 'A display name.' })),
  firstName: Type.Optional(Text(limits.nameCharsMax, { description: 'A first name.' })),
  lastName: Type.Optional(Text(limits.nameCharsMax, { description: 'A last name.' })),
  email: Type.Optional(Text(limits.emailCharsMax, { description: 'An address; not judged.' })),
  avatarUrl: Type.Optional(described(WebAddress, 'Where a picture of the user is.')),
} as const;
const Profile = Closed(profileFields);
export type Profile = Type.Static<typeof Profile>;

/** A user as the host application and their tokens describe them. */
export const Person = Closed(
  {
    userId: UserId,
    ...profileFields,
    role: described(Role, 'Kept with the user. What a request may do, its token says.'),
    active: Type.Boolean({ description: 'Whether the user may enter.' }),
    createdAt: Type.Optional(described(Time, 'Since when the user exists.')),
    updatedAt: Type.Optional(described(Time, 'When what is here changed last.')),
  },
  { $id: 'Person' },
);
export type Person = Type.Static<typeof Person>;

/** What an event does not say itself, because its ids name it: for contracts that repeat it in every event. */
export type About = {
  /** `undefined` for an event that concerns none. */
  readonly conversation:
    | {
        readonly kind: ConversationKind;
        /** The two users of a direct conversation, in no particular order. */
        readonly peerIds: readonly [string, string] | undefined;
        /** Whether a product brought it with it when it moved in. */
        readonly isImported?: boolean;
      }
    | undefined;
  /** What the product calls it and the messages that the event names, by our ids: those that it brought with it. */
  readonly importedIds?: ReadonlyMap<string, string>;
  /** Of a user who does not exist: nothing but the id. */
  readonly person: (userId: string) => Person;
};

/** For an event whose words say it all. */
export const nothingMore: About = { conversation: undefined, person: (userId) => stranger(userId) };

/** Stands for somebody of whom nothing is known. */
export const stranger = (userId: string): Person => ({ userId, role: 'user', active: true });
