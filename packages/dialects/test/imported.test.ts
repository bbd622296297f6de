import { type About, conversationId, messageId, type Message, stranger, type Payload } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { directChat } from '../src/direct-chat.ts';
import { bystander, type Desk, type Dialect, native, speak, withImported } from '../src/index.ts';
import { preciousJewellery } from '../src/precious-jewellery.ts';
import { trainerChat } from '../src/trainer-chat.ts';

const no = 42;
const ours = conversationId(no);
const message: Message = {
  id: messageId(no, 2),
  conversationId: ours,
  seq: 2,
  rev: 0,
  senderId: '7',
  kind: 'text',
  body: ours,
  replyTo: messageId(no, 1),
  createdAt: '2025-01-01T00:00:00.000Z',
};
const brought = (chat: string, first: string, second: string): ReadonlyMap<string, string> =>
  new Map([
    [ours, chat],
    [messageId(no, 1), first],
    [messageId(no, 2), second],
  ]);
const integers = brought('12', '901', '902');
const words = brought('chat/α', '901', 'm 2');
const aboutOf = (importedIds: ReadonlyMap<string, string>): About => ({
  conversation: { kind: 'direct', peerIds: ['7', '8'], isImported: true },
  person: stranger,
  importedIds,
});
const heard = (dialect: Dialect, ids: ReadonlyMap<string, string>, ...[name, payload]: Told) =>
  speak(dialect, name, payload, aboutOf(ids), { ...bystander, viewing: true }).map(([, said]) => said);
type Told = { [N in 'message.created' | 'reaction.changed' | 'receipt.advanced']: [N, Payload<N>] }[
  | 'message.created'
  | 'reaction.changed'
  | 'receipt.advanced'];

describe('what a product brought with it, in the events of its contract', () => {
  it('goes by its own ids, and natively by ours', () => {
    const hear = (dialect: Dialect, ids: ReadonlyMap<string, string>) =>
      heard(dialect, ids, 'message.created', message)[0];
    expect(hear(directChat, integers)).toMatchObject({ id: 902, conversationId: 12, content: ours });
    expect(hear(trainerChat, words)).toMatchObject({ id: 'm 2', conversationId: 'chat/α', content: ours });
    const data = { id: 'm 2', _id: 'm 2', conversationId: 'chat/α', replyTo: '901', message: ours };
    expect(hear(preciousJewellery, words)).toMatchObject({ data });
    expect(hear(native, words)).toEqual(message);
    // What an integer cannot say goes by ours.
    expect(hear(directChat, words)).toMatchObject({ conversationId: 2 ** 30 + no, id: 2 ** 52 + no * 2 ** 22 + 2 });
  });

  it('is named by what was done with it', () => {
    const reaction = { conversationId: ours, userId: '8', emoji: '👍', reacted: true, rev: 3, message };
    expect(heard(preciousJewellery, words, 'reaction.changed', reaction)).toMatchObject([
      { data: { messageId: 'm 2', conversationId: 'chat/α', userId: '8' } },
    ]);
    const read = { conversationId: ours, rev: 9, userId: '8', readSeq: 2, deliveredSeq: 2, at: message.createdAt };
    expect(heard(trainerChat, words, 'receipt.advanced', read)).toMatchObject([
      { messageId: 'm 2', conversationId: 'chat/α' },
    ]);
    const one = { ...read, readSeq: 0, messageIds: [messageId(no, 1), messageId(no, 3)] };
    expect(heard(preciousJewellery, words, 'receipt.advanced', one)).toMatchObject([
      { messageIds: ['901', messageId(no, 3)], conversationId: 'chat/α' },
    ]);
  });
});

/** A desk that notes what it is asked, and answers with the message. */
function deskOf(dialect: Dialect, ids: ReadonlyMap<string, string>, of = async () => ids) {
  const asked: [string, object][] = [];
  const answer = { message, receipts: [{ messageId: message.id, userId: '8', readAt: message.createdAt }] };
  const desk: Desk = {
    fields: dialect.fields,
    me: { userId: '7', role: 'user' },
    people: async (userIds) => userIds.map(stranger),
    now: () => new Date(0),
    ask: (name) => (input) => {
      asked.push([name, input]);
      return Promise.resolve<never>(answer as never);
    },
  };
  const found = { areIn: () => true, of };
  const find = async (_: string, of: string, id: string) =>
    [...ids].find(([key, given]) => given === id && (key === ours) === (of === 'conversation'))?.[0];
  return { asked, desk: withImported(dialect, desk, { space: 'a', ids: { ...found, find } }) };
}

describe('what a product brought with it, in the commands of its contract', () => {
  it('is found by its own ids, and answered by them', async () => {
    const { asked, desk } = deskOf(trainerChat, words);
    const input = { conversationId: 'chat/α', body: 'yes', replyTo: '901' };
    expect(await desk.ask('message.send')(input)).toMatchObject({
      message: { id: 'm 2', conversationId: 'chat/α', replyTo: '901', body: ours },
      receipts: [{ messageId: 'm 2', userId: '8' }],
    });
    await desk.ask('message.delete')({ messageId: 'm 2' });
    expect(asked).toEqual([
      ['message.send', { conversationId: ours, body: 'yes', replyTo: messageId(no, 1) }],
      ['message.delete', { messageId: messageId(no, 2) }],
    ]);
  });

  it('is also found by ours, and nothing by what nobody called so', async () => {
    const { asked, desk } = deskOf(directChat, integers);
    await desk.ask('message.delete')({ messageId: message.id });
    for (const id of ['12', '903', 'words']) {
      await expect(desk.ask('message.delete')({ messageId: id })).rejects.toMatchObject({
        refusal: { code: 'not_found' },
      });
    }
    expect(asked).toEqual([['message.delete', { messageId: message.id }]]);
  });

  it('is not answered with a refusal of what was done, where nobody can look it up', async () => {
    const { asked, desk } = deskOf(trainerChat, words, () => Promise.reject(new Error('the database is away')));
    expect(await desk.ask('message.send')({ conversationId: ours, body: 'yes' })).toMatchObject({ message });
    await expect(desk.ask('history.page')({ conversationId: ours, limit: 1 })).rejects.toThrow('away');
    expect(asked).toHaveLength(2);
  });

  it('is overtaken by nothing that the same client says after it; without it nothing waits', async () => {
    const { asked, desk } = deskOf(trainerChat, words);
    void desk.ask('typing.start')({ conversationId: ours });
    expect(asked).toHaveLength(1);
    const said = [
      desk.ask('message.send')({ conversationId: 'chat/α', body: 'first' }),
      desk.ask('message.send')({ conversationId: ours, body: 'second' }),
      desk.ask('message.send')({ conversationId: 'no such', body: 'refused' }),
      desk.ask('message.send')({ conversationId: 'chat/α', body: 'third' }),
    ];
    await Promise.allSettled(said);
    expect(asked.slice(1)).toMatchObject(['first', 'second', 'third'].map((body) => ['message.send', { body }]));
    void desk.ask('typing.stop')({ conversationId: ours });
    expect(asked).toHaveLength(5);
  });
});
