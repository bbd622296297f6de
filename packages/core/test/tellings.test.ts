import { conversationId, limits } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { audienceOf, type ConversationFacts, membersChanged, newPeers, receiptAdvanced } from '../src/index.ts';

const group: ConversationFacts = {
  space: 'main',
  no: 7,
  kind: 'group',
  title: 'Tea',
  status: 'active',
  memberCount: 3,
  membershipVersion: 4,
  lastSeq: 9,
  rev: 5,
  peerIds: undefined,
};
const direct: ConversationFacts = {
  ...group,
  kind: 'direct',
  title: undefined,
  status: 'active',
  memberCount: 2,
  peerIds: ['ada', 'bob'],
};
const receipt = { userId: 'ada', readSeq: 9, deliveredSeq: 9, at: '2026-01-01T00:00:00.000Z' };
const bob = { userId: 'bob', role: 'member', fromSeq: 9, readSeq: 9, deliveredSeq: 9 } as const;

describe('who hears what', () => {
  it('tells a direct conversation to the inboxes of its two users', () => {
    expect(audienceOf(direct)).toEqual({ kind: 'inboxes', space: 'main', userIds: ['ada', 'bob'] });
  });

  it('tells a conversation with oneself once', () => {
    expect(audienceOf({ ...direct, peerIds: ['ada', 'ada'] })).toMatchObject({ userIds: ['ada'] });
    expect(newPeers({ ...direct, peerIds: ['ada', 'ada'] })).toHaveLength(1);
  });

  it('tells a group in its own room', () => {
    expect(audienceOf(group)).toEqual({ kind: 'conversation', space: 'main', no: 7 });
  });

  it('tells a change of members in the group, in order, and to those concerned as a hint', () => {
    const [inOrder, hint, ...more] = membersChanged({ conversation: group, members: [bob] });
    expect(inOrder).toMatchObject({
      audience: { kind: 'conversation' },
      order: { no: 7, rev: 5, membershipVersion: 4 },
    });
    expect(hint).toMatchObject({ audience: { kind: 'inboxes', userIds: ['bob'] }, order: undefined });
    expect(more).toEqual([]);
  });

  it('tells a new direct conversation once, in its order', () => {
    const tellings = membersChanged({ conversation: direct, members: newPeers(direct) });
    expect(tellings.map(({ audience }) => audience.kind)).toEqual(['inboxes']);
  });

  it(`tells receipts to everybody up to ${limits.smallConversationMembersMax} members, and beyond to their owner only`, () => {
    const small = { ...group, memberCount: limits.smallConversationMembersMax };
    const large = { ...group, memberCount: limits.smallConversationMembersMax + 1 };
    expect(receiptAdvanced({ conversation: small, receipt, rev: 5 })).toMatchObject({
      audience: { kind: 'conversation' },
      order: { rev: 5 },
    });
    expect(receiptAdvanced({ conversation: large, receipt, rev: 5 })).toMatchObject({
      audience: { kind: 'inboxes', userIds: ['ada'] },
      order: undefined,
      payload: { conversationId: conversationId(7), readSeq: 9 },
    });
  });
});
