import {
  type Changes,
  type ConversationFacts,
  Failure,
  type Log,
  type LogStanding,
  type Move,
  type Written,
} from '@parley/core';
import {
  type Conversation,
  type ConversationKind,
  conversationId,
  type Member,
  type Message,
  messageId,
  type Receipt,
  staffId,
} from '@parley/protocol';

type Kept = {
  facts: ConversationFacts;
  messages: Message[];
  /** By `seq`, who of the staff said it. */
  authors: Map<number, string>;
  members: Map<string, { member: Member; rev: number }>;
  receipts: Map<string, Receipt & { rev: number }>;
};

/** What a write did, as the store's ports answer it. */
type Conversed = { conversation: ConversationFacts };

/**
 * A log in memory: what `Log` promises, and the few writes that a test needs to make something to repair. Every write
 * is committed when it returns, and leaves one row in `moves`.
 */
export function createMemoryLog(space = 'main') {
  const kept = new Map<number, Kept>();
  let moves: Move[] = [];
  let forgotten = 0;
  let epoch = 'first';
  let away = false;
  let refusals = 0;
  let no = 0;

  const of = (no: number): Kept => {
    const found = kept.get(no);
    if (!found) throw new Failure('not_found');
    return found;
  };
  const reached = (): void => {
    if (!away) return;
    refusals++;
    throw new Failure('unavailable');
  };
  const standing = ({ facts }: Kept): LogStanding => {
    const { no, lastSeq, rev, membershipVersion } = facts;
    return { no, lastSeq, rev, membershipVersion };
  };
  const moved = (conversation: Kept, userIds: readonly string[] = []): void => {
    const heard = conversation.facts.peerIds ?? userIds;
    moves.push({ ...standing(conversation), space, kind: conversation.facts.kind, userIds: [...new Set(heard)] });
  };
  const bump = (conversation: Kept, more: Partial<ConversationFacts> = {}): number => {
    conversation.facts = { ...conversation.facts, ...more, rev: conversation.facts.rev + 1 };
    return conversation.facts.rev;
  };
  const open = (kind: ConversationKind, userIds: readonly string[]): ConversationFacts => {
    const [a, b] = userIds;
    const peerIds =
      (kind === 'direct' || kind === 'support') && a !== undefined && b !== undefined ? ([a, b] as const) : undefined;
    const facts: ConversationFacts = {
      space,
      no: ++no,
      kind,
      title: kind === 'group' ? 'A group' : undefined,
      status: 'active',
      memberCount: userIds.length,
      membershipVersion: 1,
      lastSeq: 0,
      rev: 0,
      peerIds,
    };
    const conversation: Kept = { facts, messages: [], authors: new Map(), members: new Map(), receipts: new Map() };
    kept.set(no, conversation);
    const rev = bump(conversation);
    for (const userId of userIds) conversation.members.set(userId, { member: memberOf(userId, 0), rev });
    moved(conversation, userIds);
    return conversation.facts;
  };

  const log: Log = {
    async messages(no, afterSeq, upToSeq, limit) {
      reached();
      const conversation = of(no);
      return conversation.messages
        .slice(afterSeq, upToSeq)
        .slice(0, limit)
        .map((message) => written(conversation, message));
    },
    async changes(no, afterRev): Promise<Changes> {
      reached();
      const conversation = of(no);
      const { facts, messages, members, receipts } = conversation;
      return {
        conversation: facts,
        factsChanged: false,
        messages: messages.filter(({ rev }) => rev > afterRev).map((message) => written(conversation, message)),
        members: [...members.values()].filter(({ rev }) => rev > afterRev).map(({ member }) => member),
        receipts: [...receipts.values()].filter(({ rev }) => rev > afterRev),
      };
    },
    async standings(nos) {
      reached();
      return nos.flatMap((no) => (kept.has(no) ? [standing(of(no))] : []));
    },
    async membership(no, userIds) {
      reached();
      const { facts, members } = of(no);
      const present = new Map<string, { fromSeq: number }>();
      const gone = new Map<string, { fromSeq: number; untilSeq: number }>();
      for (const { userId, fromSeq, untilSeq } of userIds.flatMap((id) => members.get(id)?.member ?? [])) {
        if (untilSeq === undefined) present.set(userId, { fromSeq });
        else gone.set(userId, { fromSeq, untilSeq });
      }
      return { version: facts.membershipVersion, present, gone };
    },
    async moves(since) {
      reached();
      const position = String(forgotten + moves.length);
      if (since === undefined) return { position, moves: [], truncated: false, epoch };
      const from = Number(since) - forgotten;
      return { position, moves: moves.slice(Math.max(0, from)), truncated: from < 0, epoch };
    },
  };

  return {
    ...log,
    openDirect: (a: string, b: string) => open('direct', [a, b]),
    openSupport: (userId: string) => open('support', [userId, staffId]),
    openAnnouncement: () => open('announcement', []),
    createGroup: (userIds: readonly string[]) => open('group', userIds),
    append(no: number, senderId: string, body: string, authorId?: string): Conversed & Written {
      const conversation = of(no);
      const seq = conversation.facts.lastSeq + 1;
      conversation.facts = { ...conversation.facts, lastSeq: seq };
      const message: Message = {
        id: messageId(no, seq),
        conversationId: conversationId(no),
        seq,
        rev: 0,
        senderId,
        kind: 'text',
        body,
        createdAt: new Date().toISOString(),
      };
      conversation.messages.push(message);
      if (authorId !== undefined) conversation.authors.set(seq, authorId);
      moved(conversation);
      return { ...written(conversation, message), conversation: conversation.facts };
    },
    edit(no: number, seq: number, body: string): Conversed & Written & { rev: number } {
      const conversation = of(no);
      const before = conversation.messages[seq - 1];
      if (!before) throw new Failure('not_found');
      const rev = bump(conversation);
      const message = { ...before, body, rev, editedAt: new Date().toISOString() };
      conversation.messages[seq - 1] = message;
      moved(conversation);
      return { ...written(conversation, message), conversation: conversation.facts, rev };
    },
    read(no: number, userId: string, seq: number): Conversed & { receipt: Receipt; rev: number } {
      const conversation = of(no);
      const rev = bump(conversation);
      const receipt = { userId, readSeq: seq, deliveredSeq: seq, at: new Date().toISOString() };
      conversation.receipts.set(userId, { ...receipt, rev });
      moved(conversation);
      return { receipt, conversation: conversation.facts, rev };
    },
    addMember(no: number, userId: string): Conversed & { members: Member[] } {
      const conversation = of(no);
      const { lastSeq, memberCount, membershipVersion } = conversation.facts;
      const rev = bump(conversation, { memberCount: memberCount + 1, membershipVersion: membershipVersion + 1 });
      const member = memberOf(userId, lastSeq);
      conversation.members.set(userId, { member, rev });
      moved(conversation, [userId]);
      return { conversation: conversation.facts, members: [member] };
    },
    removeMember(no: number, userId: string): Conversed & { members: Member[] } {
      const conversation = of(no);
      const before = conversation.members.get(userId);
      if (!before) throw new Failure('not_member');
      const { lastSeq, memberCount, membershipVersion } = conversation.facts;
      const rev = bump(conversation, { memberCount: memberCount - 1, membershipVersion: membershipVersion + 1 });
      const member = { ...before.member, untilSeq: lastSeq };
      conversation.members.set(userId, { member, rev });
      moved(conversation, [userId]);
      return { conversation: conversation.facts, members: [member] };
    },
    makeAdmin(no: number, userId: string): Conversed & { members: Member[] } {
      const conversation = of(no);
      const before = conversation.members.get(userId);
      if (!before) throw new Failure('not_member');
      const member: Member = { ...before.member, role: 'admin' };
      conversation.members.set(userId, { member, rev: bump(conversation, {}) });
      moved(conversation, [userId]);
      return { conversation: conversation.facts, members: [member] };
    },
    /** The conversations of a user, as the list of their inbox shows them. */
    inboxOf(userId: string): Conversation[] {
      return [...kept.values()].flatMap(({ facts, members }) => {
        const member = members.get(userId)?.member;
        return member && member.untilSeq === undefined ? [conversationOf(facts, member)] : [];
      });
    },
    /** Where a conversation stands now. */
    standingOf: (no: number) => standing(of(no)),
    factsOf: (no: number) => of(no).facts,
    /** While it is away, every question is refused as `unavailable`. */
    setAway: (is: boolean) => {
      away = is;
    },
    /** Questions that were refused because it was away. */
    refusals: () => refusals,
    /** The database was restored from when a conversation had only these messages: its next numbers are used again. */
    restore(no: number, lastSeq: number, name: string): void {
      const conversation = of(no);
      conversation.messages.length = lastSeq;
      conversation.facts = { ...conversation.facts, lastSeq };
      epoch = name;
    },
    /** Positions from before now are too old. */
    forgetMoves: () => {
      forgotten += moves.length + 1;
      moves = [];
    },
  };
}

export type MemoryLog = ReturnType<typeof createMemoryLog>;

function written({ authors }: Kept, message: Message): Written {
  const authorId = authors.get(message.seq);
  return authorId === undefined ? { message } : { message, authorId };
}

function conversationOf(facts: ConversationFacts, member: Member): Conversation {
  const { no, kind, memberCount, membershipVersion, lastSeq, rev } = facts;
  const { fromSeq, readSeq, deliveredSeq } = member;
  const at = new Date(0).toISOString();
  return {
    id: conversationId(no),
    kind,
    status: 'active',
    memberCount,
    membershipVersion,
    firstSeq: 1,
    lastSeq,
    rev,
    fromSeq,
    readSeq,
    deliveredSeq,
    unread: 0,
    createdAt: at,
    lastAt: at,
  };
}

function memberOf(userId: string, fromSeq: number): Member {
  return { userId, role: 'member', fromSeq, readSeq: 0, deliveredSeq: 0 };
}
