import type { Role, TalkRule } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMayGather, Failure, type Permit, permitOf } from '../src/index.ts';

const someRole = fc.constantFrom<Role>('user', 'agent', 'admin');
const someRule = fc.constantFrom<TalkRule>('anybody', 'assigned', 'booked', 'admins', 'ask', 'support');
const somePair = fc.record({ mine: someRole, theirs: someRole, assigned: fc.boolean(), booked: fc.boolean() });
type Pair = typeof somePair extends fc.Arbitrary<infer P> ? P : never;

/** What the store finds true of a pair. */
const found: Record<Permit, (pair: Pair, isAnswer: boolean) => boolean> = {
  always: () => true,
  assignment: ({ assigned, theirs }, isAnswer) => assigned || (isAnswer && theirs === 'admin'),
  booking: ({ booked }) => booked,
  admin: ({ theirs }, isAnswer) => isAnswer && theirs === 'admin',
  never: () => false,
};
const may = (rule: TalkRule, pair: Pair, isAnswer: boolean) => found[permitOf(rule, pair.mine)](pair, isAnswer);

describe('who may talk with whom', () => {
  it('is what each rule is named for, whoever they are', () => {
    const expected: Record<TalkRule, (pair: Pair) => boolean> = {
      anybody: () => true,
      assigned: ({ assigned, mine }) => assigned || mine === 'admin',
      booked: ({ booked }) => booked,
      admins: ({ mine }) => mine === 'admin',
      // Until the host was asked.
      ask: () => false,
      support: () => false,
    };
    fc.assert(
      fc.property(someRule, somePair, (rule, pair) => {
        expect(may(rule, pair, false)).toBe(expected[rule](pair));
      }),
    );
  });

  it('never depends on a link of the other kind, and no link that is taken away lets somebody talk', () => {
    fc.assert(
      fc.property(someRule, somePair, fc.boolean(), (rule, pair, isAnswer) => {
        const without = may(rule, { ...pair, assigned: false, booked: false }, isAnswer);
        if (without) expect(may(rule, pair, isAnswer)).toBe(true);
        if (rule !== 'booked')
          expect(may(rule, { ...pair, booked: !pair.booked }, isAnswer)).toBe(may(rule, pair, isAnswer));
        if (rule !== 'assigned') {
          expect(may(rule, { ...pair, assigned: !pair.assigned }, isAnswer)).toBe(may(rule, pair, isAnswer));
        }
      }),
    );
  });

  it('lets everybody answer to whom an admin may write first, under every rule that lets admins write first', () => {
    fc.assert(
      fc.property(someRule, somePair, (rule, pair) => {
        const admin: Pair = { ...pair, mine: 'admin', theirs: pair.mine };
        if (may(rule, admin, false)) expect(may(rule, { ...pair, theirs: 'admin' }, true)).toBe(true);
      }),
    );
  });

  it('is not got around by a group', () => {
    fc.assert(
      fc.property(someRule, someRole, (rule, role) => {
        const gather = () => checkMayGather(rule, role);
        if (rule === 'anybody' || role === 'admin') expect(gather).not.toThrow();
        else expect(gather).toThrow(Failure);
      }),
    );
  });
});
