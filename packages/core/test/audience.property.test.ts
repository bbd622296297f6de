import { conversationId, messageId, staffId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Audience,
  audienceOf,
  type ConversationFacts,
  hintsOf,
  isSmall,
  membersChanged,
  messageChanged,
  messageCreated,
  reactionChanged,
  receiptAdvanced,
  type Written,
} from '../src/index.ts';

const at = '2026-01-01T00:00:00.000Z';
const someUser = fc.constantFrom('ana', 'bob', 'cy', 'dee');
const head = {
  space: fc.constantFrom('main', 'other'),
  no: fc.integer({ min: 1, max: 1_000 }),
  title: fc.constant(undefined),
  status: fc.constant('active' as const),
  membershipVersion: fc.nat(9),
  lastSeq: fc.integer({ min: 1, max: 99 }),
  rev: fc.nat(99),
  memberCount: fc.integer({ min: 1, max: 100 }),
};
const noPeers = fc.constant(undefined);
const someConversation: fc.Arbitrary<ConversationFacts> = fc.oneof(
  fc.record({ ...head, kind: fc.constant('direct' as const), peerIds: fc.tuple(someUser, someUser) }),
  fc.record({ ...head, kind: fc.constant('support' as const), peerIds: fc.tuple(someUser, fc.constant(staffId)) }),
  fc.record({ ...head, kind: fc.constant('group' as const), peerIds: noPeers }),
  fc.record({ ...head, kind: fc.constant('announcement' as const), peerIds: noPeers }),
);

const writtenIn = ({ no, lastSeq, kind, peerIds }: ConversationFacts, byStaff: boolean): Written => ({
  message: {
    id: messageId(no, lastSeq),
    conversationId: conversationId(no),
    seq: lastSeq,
    rev: 0,
    senderId: byStaff ? staffId : (peerIds?.[0] ?? 'ana'),
    kind: 'text',
    body: 'hello',
    createdAt: at,
  },
  ...(byStaff && kind === 'support' && { authorId: 'the-agent' }),
});

/** Who must hear what is said in a conversation, as one would put it without looking at the rules. */
function hearers({ kind, peerIds }: ConversationFacts): string[] {
  if (kind === 'announcement') return ['everybody'];
  return kind === 'group' ? ['the room'] : [...new Set<string>(peerIds)].toSorted();
}
const named = (audience: Audience): readonly string[] =>
  audience.kind === 'inboxes' ? audience.userIds : [audience.kind === 'everybody' ? 'everybody' : 'the room'];

describe('whatever happens in a conversation', () => {
  it('is told to each who is in it exactly once, in its order, and to nobody else', () => {
    fc.assert(
      fc.property(someConversation, fc.boolean(), (conversation, byStaff) => {
        const written = writtenIn(conversation, byStaff && conversation.kind === 'support');
        const changed = { ...written, conversation, rev: conversation.rev, changed: true };
        const everything = [
          messageCreated({ ...written, conversation, duplicate: false, epoch: 'e' }),
          messageChanged(changed),
          reactionChanged(changed, { userId: 'ana', emoji: '👍', reacted: true }),
          membersChanged({ conversation, members: [] }),
        ];
        for (const tellings of everything) {
          expect(tellings.flatMap(({ audience }) => named(audience)).toSorted()).toEqual(hearers(conversation));
          for (const { audience, order } of tellings) {
            expect(audience.space).toBe(conversation.space);
            if (audience.kind === 'conversation') expect(audience.no).toBe(conversation.no);
            expect(order).toMatchObject({ no: conversation.no, membershipVersion: conversation.membershipVersion });
          }
        }
      }),
    );
  });

  it('what is a receipt or a hint reaches its own conversation while that is small, and else no stranger', () => {
    fc.assert(
      fc.property(someConversation, someUser, (conversation, userId) => {
        const receipt = { userId, readSeq: 1, deliveredSeq: 1, at };
        const told = receiptAdvanced({ conversation, receipt, rev: 2 });
        expect(told.audience).toEqual(
          isSmall(conversation)
            ? audienceOf(conversation)
            : { kind: 'inboxes', space: conversation.space, userIds: [userId] },
        );
        const hints = hintsOf(conversation, userId, userId).flatMap(({ audience }) => named(audience));
        expect(hints.toSorted()).toEqual(isSmall(conversation) ? hearers(conversation) : []);
      }),
    );
  });

  it('what members come and go is also told to those concerned, who may not be in its room', () => {
    fc.assert(
      fc.property(someConversation, fc.uniqueArray(someUser, { minLength: 1 }), (conversation, userIds) => {
        fc.pre(conversation.kind === 'group');
        const members = userIds.map((userId) => ({
          userId,
          role: 'member' as const,
          fromSeq: 0,
          readSeq: 0,
          deliveredSeq: 0,
        }));
        const tellings = membersChanged({ conversation, members });
        expect(tellings.map(({ audience }) => named(audience))).toEqual([['the room'], userIds]);
        expect(tellings.map(({ order }) => order !== undefined)).toEqual([true, false]);
      }),
    );
  });
});
