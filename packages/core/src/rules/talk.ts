import type { Role, TalkRule } from '@parley/protocol';
import { Failure } from '../failure.ts';

/**
 * What the store has to find true of the two users of a direct conversation, under the conversation's lock, before it
 * stores anything new of one of them:
 * - `always`: nothing
 * - `assignment`: they have a confirmed assignment; to answer, it is enough that the other one is an admin
 * - `booking`: they have a confirmed booking
 * - `admin`: only for an answer, and the other one is an admin
 * - `never`: what cannot be found true
 */
export type Permit = 'always' | 'assignment' | 'booking' | 'admin' | 'never';

const permits: Record<TalkRule, Record<Role, Permit>> = {
  anybody: { user: 'always', agent: 'always', admin: 'always' },
  assigned: { user: 'assignment', agent: 'assignment', admin: 'always' },
  booked: { user: 'booking', agent: 'booking', admin: 'booking' },
  admins: { user: 'admin', agent: 'admin', admin: 'always' },
  // Until the host was asked.
  ask: { user: 'never', agent: 'never', admin: 'never' },
  support: { user: 'never', agent: 'never', admin: 'never' },
};

export function permitOf(rule: TalkRule, role: Role): Permit {
  return permits[rule][role];
}

/**
 * A group would be a way around the rule between two users: where there is one, only admins bring people together.
 * @throws Failure `not_permitted`
 */
export function checkMayGather(rule: TalkRule, role: Role): void {
  if (rule !== 'anybody' && role !== 'admin') {
    throw new Failure('not_permitted', 'Only admins make groups in this space, or add to them.');
  }
}
