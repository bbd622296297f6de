import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { Link, LinkKind, LinkStatus } from '../link.ts';
import { Closed, described, UserId } from '../values.ts';
import type { Command } from './command.ts';

const Cursor = Type.String({ maxLength: 200, description: 'Where the last page ended: give it back unread.' });

/** Who is booked with or assigned to whom: what the talk rule of a space may ask for. */
export const linkCommands = {
  'link.put': {
    summary:
      'Sets the link of a kind between two users, who exist from then on. Once a cancellation is answered, no node stores another message of the two where the talk rule asks for this link.',
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({
      userA: described(UserId, 'Of an assignment, the user. For a booking the order says nothing.'),
      userB: described(UserId, 'Of an assignment, the agent.'),
      kind: LinkKind,
      status: LinkStatus,
      only: Type.Optional(
        Type.Boolean({
          default: false,
          description:
            'In the same step, cancels every other confirmed link of this kind that was put with the same `userA`: their one agent is another one now.',
        }),
      ),
    }),
    output: Closed({ link: Link }),
    errors: ['outcome_unknown'],
    http: { method: 'PUT', path: '/v1/links/:userA/:userB' },
  },
  'link.delete': {
    summary: 'Forgets the links of two users, in whichever order they are named; with `kind`, the one of that kind.',
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({
      userA: described(UserId, 'One of the two.'),
      userB: described(UserId, 'The other one.'),
      kind: Type.Optional(LinkKind),
    }),
    output: Closed({ links: Type.Array(Link, { description: 'What was there until now.' }) }),
    errors: ['outcome_unknown'],
    http: { method: 'DELETE', path: '/v1/links/:userA/:userB' },
  },
  'link.forget': {
    summary:
      'Ends what the host application said of two users, in whichever order they are named, on every node: before they talk again it is asked anew (talk rule `ask`).',
    budget: 'signal',
    access: 'admin',
    over: 'http',
    input: Closed({ userA: described(UserId, 'One of the two.'), userB: described(UserId, 'The other one.') }),
    output: Closed({}),
    errors: [],
    http: { method: 'DELETE', path: '/v1/links/:userA/:userB/cache' },
  },
  'link.list': {
    summary: "Your links, by kind and then by the other's id, page by page; another user's for admins.",
    budget: 'read',
    input: Closed({
      userId: Type.Optional(described(UserId, 'Whose links. Absent: your own.')),
      after: Type.Optional(Cursor),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: limits.pageMax,
          default: limits.pageDefault,
          description: 'Links on the page.',
        }),
      ),
    }),
    output: Closed({ links: Type.Array(Link, { description: 'Cancelled ones too.' }), next: Type.Optional(Cursor) }),
    errors: ['forbidden'],
    http: { method: 'GET', path: '/v1/links' },
  },
} as const satisfies Record<string, Command>;
