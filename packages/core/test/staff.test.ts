import { conversationId, type Message, messageId, staffId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asSeenBy,
  type ConversationFacts,
  hintsOf,
  membersChanged,
  messageChanged,
  messageCreated,
  newPeers,
  receiptAdvanced,
  type Telling,
  type Written,
} from '../src/index.ts';

const owner = 'ana';
const thread: ConversationFacts = {
  space: 'main',
  no: 7,
  kind: 'support',
  title: undefined,
  status: 'active',
  memberCount: 2,
  membershipVersion: 1,
  lastSeq: 0,
  rev: 1,
  peerIds: [owner, staffId],
};

/** Ids that nothing else in an answer contains. */
const agent = fc.integer({ min: 0, max: 9 }).map((n) => `~agent-${n}~`);
const act = fc.oneof(
  fc.record({ act: fc.constant('asks' as const) }),
  fc.record({ act: fc.constantFrom('answers', 'edits', 'deletes', 'types', 'reads'), agent, client: fc.uuid() }),
);

const messageOf = (seq: number, senderId: string, clientId: string, more: Partial<Message> = {}): Message => ({
  id: messageId(7, seq),
  conversationId: conversationId(7),
  seq,
  rev: 0,
  senderId,
  clientId,
  kind: 'text',
  body: `message ${seq}`,
  createdAt: '2026-01-01T00:00:00.000Z',
  ...more,
});

type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

/** What is stored and told when these things happen in a thread, whatever the store puts where the sender stands. */
function happen(acts: readonly Act[], hidesSender: boolean): { log: Written[]; tellings: Telling[] } {
  const log: Written[] = [];
  const tellings = membersChanged({ conversation: thread, members: newPeers(thread) });
  const say = (written: Written) => {
    log.push(written);
    tellings.push(...messageCreated({ ...written, conversation: thread, duplicate: false, epoch: 'e' }));
  };
  for (const [i, each] of acts.entries()) {
    const seq = log.length + 1;
    if (each.act === 'asks') say({ message: messageOf(seq, owner, '00000000-0000-4000-8000-000000000000') });
    else if (each.act === 'answers') {
      const senderId = hidesSender ? staffId : each.agent;
      say({ message: messageOf(seq, senderId, each.client), authorId: each.agent });
    } else if (each.act === 'types') {
      for (const { userId, audience } of hintsOf(thread, staffId, each.agent)) {
        const payload = { conversationId: conversationId(7), userId, typing: true };
        tellings.push({ name: 'typing.changed', payload, audience, order: undefined });
      }
    } else if (each.act === 'reads') {
      const receipt = {
        userId: staffId,
        readSeq: log.length,
        deliveredSeq: log.length,
        at: '2026-01-01T00:00:00.000Z',
      };
      tellings.push(receiptAdvanced({ conversation: thread, receipt, rev: i + 2 }));
    } else {
      const last = log.findLast(({ authorId }) => authorId === each.agent);
      if (!last) continue;
      const at = '2026-01-02T00:00:00.000Z';
      const more = each.act === 'edits' ? { editedAt: at } : { body: '', deletedAt: at };
      const written = { ...last, message: { ...last.message, ...more, rev: i + 2 } };
      log[last.message.seq - 1] = written;
      tellings.push(...messageChanged({ ...written, conversation: thread, rev: i + 2, changed: true }));
    }
  }
  return { log, tellings };
}

const heardBy = (tellings: readonly Telling[], userId: string) =>
  tellings.filter(({ audience }) => audience.kind === 'inboxes' && audience.userIds.includes(userId));

describe('a support thread', () => {
  it('shows its user no id and no clientId of anybody of the staff, in anything said or answered', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), fc.boolean(), (acts, hidesSender) => {
        const { log, tellings } = happen(acts, hidesSender);
        const heard = heardBy(tellings, owner).map(({ name, payload, order }) => ({ name, payload, order }));
        const got = JSON.stringify([heard, log.map((written) => asSeenBy(owner, written))]);
        expect(got).not.toContain('~agent-');
        for (const { authorId, message } of log) {
          if (authorId !== undefined) expect(got).not.toContain(message.clientId);
        }
      }),
    );
  });

  it('tells the user and the staff the same, one by one, but for who it was', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const { log, tellings } = happen(acts, true);
        const shape = (userId: string) => heardBy(tellings, userId).map(({ name, order }) => ({ name, order }));
        expect(shape(owner)).toEqual(shape(staffId));
        expect(log.map((written) => asSeenBy(staffId, written).senderId)).toEqual(
          log.map(({ authorId }) => authorId ?? owner),
        );
        const created = heardBy(tellings, staffId).flatMap(({ name, payload }) =>
          name === 'message.created' && 'senderId' in payload ? [payload.senderId] : [],
        );
        expect(created).toEqual(log.map(({ authorId }) => authorId ?? owner));
      }),
    );
  });
});

describe('an announcement', () => {
  const everybody: ConversationFacts = { ...thread, kind: 'announcement', memberCount: 0, peerIds: undefined };
  const audience = { kind: 'everybody', space: 'main' };

  it('is told once, to everybody, without its author', () => {
    const message = messageOf(1, staffId, '00000000-0000-4000-8000-000000000000');
    const appended = { message, authorId: '~agent-1~', conversation: everybody, duplicate: false, epoch: 'e' };
    const tellings = messageCreated(appended);
    expect(tellings).toMatchObject([{ audience, order: { seq: 1 }, payload: { senderId: staffId } }]);
    expect(JSON.stringify(tellings)).not.toContain('~agent-');
    expect(membersChanged({ conversation: everybody, members: [] })).toMatchObject([{ audience }]);
  });

  it('tells nobody who types, and nobody but its reader what was read', () => {
    expect(hintsOf(everybody, 'boss', 'boss')).toEqual([]);
    const receipt = { userId: 'ana', readSeq: 1, deliveredSeq: 1, at: '2026-01-01T00:00:00.000Z' };
    expect(receiptAdvanced({ conversation: everybody, receipt, rev: 1 })).toMatchObject({
      audience: { kind: 'inboxes', userIds: ['ana'] },
      order: undefined,
    });
  });
});
