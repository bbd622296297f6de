import type { Message } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { isBehind, type Ledger, openLedger, type Told } from '../src/ledger/ledger.ts';
import { type Input, reduce } from '../src/ledger/reduce.ts';
import { needsCount, unreadOf } from '../src/ledger/unread.ts';
import { createLog, type Log } from './fixtures/log.ts';

/** Ana's ledger of one conversation with bob, at its beginning. */
function open(log: Log, userIds = ['ana', 'bob']) {
  const id = log.group('Team', userIds);
  let ledger: Ledger = openLedger('ana', log.get('ana', id), { seq: 0, rev: log.rev(id) });
  const told: Told[] = [];
  return {
    id,
    told,
    take(...inputs: Input[]): void {
      for (const input of inputs) {
        const step = reduce(ledger, input);
        ledger = step.ledger;
        told.push(...step.told);
      }
    },
    sync(): void {
      for (;;) {
        const asked = ledger;
        const [answer] = log.sync('ana', [asked]);
        if (!answer) throw new Error('no answer');
        this.take({ kind: 'synced', asked, answer });
        if (!answer.more) return;
      }
    },
    get ledger() {
      return ledger;
    },
    bodies: () => told.flatMap((item) => (item.kind === 'message' ? [item.message.body] : [])),
  };
}

const created = (message: Message): Input => ({ kind: 'created', message });
const edited = (message: Message): Input => ({
  kind: 'change',
  change: { kind: 'message', rev: message.rev, message },
});
const at = (log: Log, id: string, seq: number): Message => {
  const message = log.messages(id)[seq - 1];
  if (!message) throw new Error(`no message ${seq}`);
  return message;
};

describe('the ledger', () => {
  it('tells the next message and drops one that it told before', () => {
    const log = createLog();
    const ana = open(log);
    log.send('bob', { conversationId: ana.id, body: 'one' });
    const one = created(at(log, ana.id, 1));
    ana.take(one, one);
    expect(ana.bodies()).toEqual(['one']);
    expect(isBehind(ana.ledger)).toBe(false);
  });

  it('holds a message that came too early until the one before it is there', () => {
    const log = createLog();
    const ana = open(log);
    for (const body of ['one', 'two', 'three']) log.send('bob', { conversationId: ana.id, body });
    ana.take(created(at(log, ana.id, 3)), created(at(log, ana.id, 2)));
    expect(ana.bodies()).toEqual([]);
    expect(isBehind(ana.ledger)).toBe(true);
    ana.take(created(at(log, ana.id, 1)));
    expect(ana.bodies()).toEqual(['one', 'two', 'three']);
    expect(isBehind(ana.ledger)).toBe(false);
  });

  it('tells a message in the version of an edit that overtook it', () => {
    const log = createLog();
    const ana = open(log);
    const { id } = log.send('bob', { conversationId: ana.id, body: 'teh' });
    const first = at(log, ana.id, 1);
    log.edit('bob', id, 'the');
    ana.take(edited(at(log, ana.id, 1)), created(first));
    expect(ana.bodies()).toEqual(['the']);
    expect(ana.told).toHaveLength(1);
  });

  it('applies edits in their order, each once, also when their pushes are not', () => {
    const log = createLog();
    const ana = open(log);
    const { id } = log.send('bob', { conversationId: ana.id, body: 'a' });
    ana.take(created(at(log, ana.id, 1)));
    log.edit('bob', id, 'b');
    const b = edited(at(log, ana.id, 1));
    log.edit('bob', id, 'c');
    const c = edited(at(log, ana.id, 1));
    ana.take(c, b, c, b);
    expect(ana.told.flatMap((item) => (item.kind === 'changed' ? [item.message.body] : []))).toEqual(['b', 'c']);
    expect(ana.ledger.messages[0]?.body).toBe('c');
  });

  it('does not tell the old version of a message whose edit a page of sync has passed already', () => {
    const log = createLog('e', { messages: 1, changes: 10, behindMax: 500 });
    const ana = open(log);
    log.send('bob', { conversationId: ana.id, body: 'one' });
    const { id } = log.send('bob', { conversationId: ana.id, body: 'old' });
    const old = at(log, ana.id, 2);
    log.edit('bob', id, 'new');
    const asked = ana.ledger;
    const [answer] = log.sync('ana', [asked]);
    if (!answer) throw new Error('no answer');
    // The page ends before message 2 but its cursor covers the edit: the late push must wait for the next page.
    ana.take({ kind: 'synced', asked, answer }, created(old));
    expect(ana.bodies()).toEqual(['one']);
    ana.sync();
    expect(ana.bodies()).toEqual(['one', 'new']);
  });

  it('starts anew with the newest page when it is too far behind, and says so', () => {
    const log = createLog('e', { messages: 3, changes: 10, behindMax: 5 });
    const ana = open(log);
    for (let n = 1; n <= 9; n += 1) log.send('bob', { conversationId: ana.id, body: String(n) });
    ana.sync();
    expect(ana.told[0]).toEqual({ kind: 'restart', reason: 'limited', afterSeq: 0, nextSeq: 7 });
    expect(ana.bodies()).toEqual(['7', '8', '9']);
    expect(ana.ledger).toMatchObject({ seq: 9, from: 6 });
  });

  it('tells what was said until the membership ended, page by page, before it says so', () => {
    const log = createLog('e', { messages: 2, changes: 10, behindMax: 500 });
    const ana = open(log, ['bob', 'ana']);
    for (const body of ['one', 'two', 'three']) log.send('bob', { conversationId: ana.id, body });
    log.removeMember(ana.id, 'ana');
    log.send('bob', { conversationId: ana.id, body: 'unseen' });
    ana.take({ kind: 'head', seq: 3, rev: log.rev(ana.id) });
    ana.sync();
    expect(ana.bodies()).toEqual(['one', 'two', 'three']);
    expect(ana.told.at(-1)).toEqual({ kind: 'gone' });
    expect(isBehind(ana.ledger)).toBe(false);
  });

  it('is not gone before the last message of the membership was told, whatever overtakes it', () => {
    const log = createLog();
    const ana = open(log, ['bob', 'ana']);
    for (const body of ['one', 'two']) log.send('bob', { conversationId: ana.id, body });
    log.removeMember(ana.id, 'ana');
    const news = log.pushes.find(({ name, payload }) => name === 'conversation.changed' && payload.rev > 1);
    if (news?.name !== 'conversation.changed') throw new Error('no news');
    const conversation = news.payload;
    ana.take({ kind: 'change', change: { kind: 'conversation', rev: conversation.rev, conversation } });
    expect(ana.ledger.gone).toBe(false);
    expect(isBehind(ana.ledger)).toBe(true);
    ana.take(created(at(log, ana.id, 2)));
    ana.take(created(at(log, ana.id, 1)));
    expect(ana.told.map(({ kind }) => kind)).toEqual(['members', 'message', 'message', 'gone']);
    expect(isBehind(ana.ledger)).toBe(false);
    const kept = reduce(openLedger('ana', log.get('ana', ana.id), { seq: 1, rev: conversation.rev }), {
      kind: 'snapshot',
      conversation: log.get('ana', ana.id),
    });
    expect([kept.ledger.gone, isBehind(kept.ledger)]).toEqual([false, true]);
  });

  it('goes on where a membership begins that was renewed', () => {
    const log = createLog();
    const ana = open(log, ['bob', 'ana', 'cy']);
    log.removeMember(ana.id, 'ana');
    ana.sync();
    expect(ana.ledger.gone).toBe(true);
    expect(isBehind(ana.ledger)).toBe(false);
    log.send('bob', { conversationId: ana.id, body: 'unseen' });
    log.addMember(ana.id, 'ana');
    log.send('bob', { conversationId: ana.id, body: 'seen' });
    ana.take({ kind: 'head', seq: 2, rev: log.rev(ana.id) });
    ana.sync();
    expect(ana.bodies()).toEqual(['seen']);
    expect(ana.told.map(({ kind }) => kind)).toEqual(['members', 'gone', 'restart', 'members', 'message']);
  });

  it('counts unread as the server does, through own sends, reading and deletions', () => {
    const log = createLog();
    const ana = open(log);
    const { id } = log.send('bob', { conversationId: ana.id, body: 'one' });
    log.send('ana', { conversationId: ana.id, body: 'mine' });
    log.send('bob', { conversationId: ana.id, body: 'two' });
    ana.sync();
    expect(unreadOf(ana.ledger)).toBe(2);
    log.remove('bob', id);
    ana.take(edited(at(log, ana.id, 1)));
    expect(unreadOf(ana.ledger)).toBe(1);
    ana.take({ kind: 'read', seq: 3 });
    expect(unreadOf(ana.ledger)).toBe(0);
    expect(needsCount(ana.ledger)).toBe(false);
  });

  it('puts older messages before those it holds, with edits that came while they were on their way', () => {
    const log = createLog();
    const ana = open(log);
    const ids = ['one', 'two', 'three'].map((body) => log.send('bob', { conversationId: ana.id, body }).id);
    const ledger = openLedger('ana', log.get('ana', ana.id), { seq: 2, rev: log.rev(ana.id) });
    const page = log.page('ana', ana.id, { beforeSeq: 3 });
    log.edit('bob', ids[0] ?? '', 'ONE');
    let { ledger: now } = reduce(ledger, { kind: 'loading' });
    now = reduce(now, edited(at(log, ana.id, 1))).ledger;
    now = reduce(now, { kind: 'older', messages: page.messages, more: page.more }).ledger;
    expect(now.messages.map(({ body }) => body)).toEqual(['ONE', 'two']);
    expect(now.from).toBe(0);
  });

  it('asks again for the edits of messages that came by push while a page was on its way', () => {
    const log = createLog('e', { messages: 1, changes: 10, behindMax: 500 });
    const ana = open(log);
    log.send('bob', { conversationId: ana.id, body: 'one' });
    const { id } = log.send('bob', { conversationId: ana.id, body: 'old' });
    const pushes = [created(at(log, ana.id, 1)), created(at(log, ana.id, 2))];
    log.edit('bob', id, 'new');
    const asked = ana.ledger;
    const [answer] = log.sync('ana', [asked]);
    if (!answer) throw new Error('no answer');
    // The page ends at message 1, its cursor covers the edit of message 2, and that came by push before it.
    ana.take(...pushes, { kind: 'synced', asked, answer });
    expect(isBehind(ana.ledger) || ana.ledger.rev < log.rev(ana.id)).toBe(true);
    ana.take({ kind: 'head', seq: 2, rev: log.rev(ana.id) });
    ana.sync();
    expect(ana.ledger.messages.map(({ body }) => body)).toEqual(['one', 'new']);
  });

  it('takes no page of older messages that it asked for in an earlier membership', () => {
    const log = createLog();
    const ana = open(log, ['bob', 'ana']);
    log.send('bob', { conversationId: ana.id, body: 'before' });
    const page = log.page('ana', ana.id, { beforeSeq: 2 });
    ana.sync();
    ana.take({ kind: 'loading' });
    log.removeMember(ana.id, 'ana');
    log.addMember(ana.id, 'ana');
    ana.take({ kind: 'head', seq: 1, rev: log.rev(ana.id) });
    ana.sync();
    ana.take({ kind: 'older', messages: page.messages, more: page.more });
    expect(ana.ledger.messages).toEqual([]);
  });

  it('counts an older message once when its deletion is in the page before it is heard of', () => {
    const log = createLog();
    const ana = open(log);
    const ids = ['one', 'two'].map((body) => log.send('bob', { conversationId: ana.id, body }).id);
    let now = openLedger('ana', log.get('ana', ana.id), { seq: 2, rev: log.rev(ana.id) });
    const conversation = log.get('ana', ana.id);
    now = reduce(now, { kind: 'snapshot', conversation }).ledger;
    expect(unreadOf(now)).toBe(2);
    log.remove('bob', ids[0] ?? '');
    now = reduce(now, { kind: 'loading' }).ledger;
    const { messages, more } = log.page('ana', ana.id, { beforeSeq: 3 });
    now = reduce(now, { kind: 'older', messages, more }).ledger;
    now = reduce(now, edited(at(log, ana.id, 1))).ledger;
    expect(unreadOf(now)).toBe(1);
  });

  it('takes nothing but the head from an account that is older than what it knows', () => {
    const log = createLog();
    const ana = open(log, ['bob', 'ana', 'cy']);
    const old = log.get('ana', ana.id);
    log.removeMember(ana.id, 'cy');
    ana.sync();
    const known = ana.ledger;
    ana.take({ kind: 'snapshot', conversation: { ...old, title: 'An old title' } });
    expect(ana.ledger.facts).toEqual(known.facts);
  });

  it('does not believe that it is gone when it was told of a newer membership since it asked', () => {
    const log = createLog();
    const ana = open(log, ['bob', 'ana']);
    log.removeMember(ana.id, 'ana');
    ana.take({ kind: 'head', seq: 0, rev: log.rev(ana.id) });
    const asked = ana.ledger;
    const [answer] = log.sync('ana', [asked]);
    if (!answer) throw new Error('no answer');
    log.addMember(ana.id, 'ana');
    log.send('bob', { conversationId: ana.id, body: 'back' });
    ana.take(
      created(at(log, ana.id, 1)),
      { kind: 'head', seq: 1, rev: log.rev(ana.id) },
      { kind: 'synced', asked, answer },
    );
    expect(isBehind(ana.ledger)).toBe(true);
    ana.sync();
    expect(ana.bodies()).toEqual(['back']);
    expect(ana.ledger.gone).toBe(false);
  });
});
