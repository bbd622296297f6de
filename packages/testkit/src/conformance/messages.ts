import { randomUUID } from 'node:crypto';
import type { Appended } from '@parley/core';
import { conversationId, messageId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, expectDense, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

/** What every log of messages promises, whatever it stands on. */
export function messagesConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`messages: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);

    it('answers a message as it was stored, under the next number of its conversation', async () => {
      const { direct, say, history, space } = await scene();
      const no = await direct('ana', 'bob');
      const clientId = randomUUID();
      await say('bob', no, 'first');
      const { message, conversation, duplicate, epoch } = await say('ana', no, 'second', { clientId, replyToSeq: 1 });
      expect(message).toEqual({
        id: messageId(no, 2),
        conversationId: conversationId(no),
        seq: 2,
        rev: 0,
        senderId: 'ana',
        clientId,
        kind: 'text',
        body: 'second',
        replyTo: messageId(no, 1),
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      expect(conversation).toMatchObject({
        space,
        no,
        kind: 'direct',
        memberCount: 2,
        lastSeq: 2,
        peerIds: ['ana', 'bob'],
      });
      expect(duplicate).toBe(false);
      expect(epoch).toBe(await history.epoch());
      const page = await history.page(space, 'bob', no, { limit: 1 });
      expect(page.messages).toEqual([message]);
    });

    it('gives back every body as it came', async () => {
      const { direct, say, bodies } = await scene();
      const no = await direct('ana', 'bob');
      const texts = [
        '"',
        '\\',
        '\\"',
        '{}',
        '{a,b}',
        'NULL',
        'null',
        "'",
        ',',
        ' ',
        '\n\t\r',
        '\u0001',
        '𝄞 é 漢',
        '%s $1',
        '\u2028',
      ];
      await Promise.all(texts.map((text) => say('ana', no, text)));
      await say('bob', no, texts.join('|'));
      expect((await bodies('ana', no)).map(([, body]) => body)).toEqual([...texts, texts.join('|')]);
    });

    it('stores the calls of one node in their order', async () => {
      const { direct, say, bodies } = await scene();
      const no = await direct('ana', 'bob');
      const other = await direct('ana', 'cy');
      const calls = numbers(1, 300).map((i) => say(i % 3 ? 'ana' : 'bob', no, `${i}`));
      const aside = numbers(1, 50).map((i) => say('cy', other, `${i}`));
      expect((await Promise.all(calls)).map(({ message }) => message.seq)).toEqual(numbers(1, 300));
      expect((await Promise.all(aside)).map(({ message }) => message.seq)).toEqual(numbers(1, 50));
      expect((await bodies('bob', no)).map(([, body]) => body)).toEqual(numbers(1, 300).map(String));
    });

    it('numbers what two nodes store at the same time without a hole', async () => {
      const { group, say, said, other, bodies } = await scene();
      const no = await group('ana', 'bob');
      const calls = numbers(1, 100).flatMap((i) => [
        say('ana', no, `a${i}`),
        other.messages.append(said('bob', no, `b${i}`)),
      ]);
      expectDense((await Promise.all(calls)).map(({ message }) => message.seq));
      expect((await bodies('ana', no)).length).toBe(200);
    });

    it('burns no number for a refusal or a duplicate', async () => {
      const { direct, say, admit, conversations, space } = await scene();
      const no = await direct('ana', 'bob');
      await admit('eve');
      const clientId = randomUUID();
      const outcomes = await Promise.all([
        say('ana', no, 'one', { clientId }),
        say('eve', no, 'I am nobody here').catch(() => undefined),
        say('ana', no, 'one', { clientId }),
        say('bob', no, 'a reply to nothing', { replyToSeq: 99 }).catch(() => undefined),
        say('ana', no, 'another', { clientId }).catch(() => undefined),
        say('bob', no, 'two'),
      ]);
      expect(outcomes.map((outcome) => outcome?.message.seq)).toEqual([1, undefined, 1, undefined, undefined, 2]);
      expect((await conversations.facts(space, 'ana', no)).lastSeq).toBe(2);
    });

    it('stores a clientId once and answers its first numbers again, also after an edit and a deletion', async () => {
      const { direct, say, messages, space } = await scene();
      const no = await direct('ana', 'bob');
      const clientId = randomUUID();
      const first = await say('ana', no, 'hello', { clientId });
      const again = () => say('ana', no, 'hello', { clientId: clientId.toUpperCase() });
      expect(await again()).toMatchObject({ duplicate: true, message: first.message });
      await messages.edit(space, 'ana', { no, seq: 1 }, 'hello, edited', 'always');
      expect(await again()).toMatchObject({ duplicate: true, message: first.message });
      await messages.remove(space, 'ana', { no, seq: 1 });
      expect(await again()).toMatchObject({ duplicate: true, message: first.message });
    });

    it('calls the same clientId with another content a conflict', async () => {
      const { direct, say } = await scene();
      const no = await direct('ana', 'bob');
      await say('bob', no, 'to reply to');
      const clientId = randomUUID();
      await say('ana', no, 'hello', { clientId });
      expect(await codeOf(say('ana', no, 'hello!', { clientId }))).toBe('conflict');
      expect(await codeOf(say('ana', no, 'hello', { clientId, replyToSeq: 1 }))).toBe('conflict');
      expect(await codeOf(say('ana', no, 'hello', { clientId, kind: 'system' }))).toBe('conflict');
    });

    it('takes the same clientId of another sender or in another conversation for another message', async () => {
      const { direct, say } = await scene();
      const [here, there] = [await direct('ana', 'bob'), await direct('ana', 'cy')];
      const clientId = randomUUID();
      const answers = await Promise.all([
        say('ana', here, 'one', { clientId }),
        say('bob', here, 'two', { clientId }),
        say('ana', there, 'three', { clientId }),
      ]);
      expect(answers.map(({ message, duplicate }) => [message.seq, duplicate])).toEqual([
        [1, false],
        [2, false],
        [1, false],
      ]);
    });

    it('stores messages without a clientId anew each time', async () => {
      const { direct, say } = await scene();
      const no = await direct('ana', 'bob');
      const answers = await Promise.all([say('ana', no, 'same'), say('ana', no, 'same')]);
      expect(answers.map(({ message }) => message.seq)).toEqual([1, 2]);
    });

    it('stores one of several retries at the same instant through two nodes, and harms no neighbour', async () => {
      const { direct, say, said, other } = await scene();
      const no = await direct('ana', 'bob');
      const quiet = await direct('cy', 'dee');
      for (const round of numbers(1, 15)) {
        const clientId = randomUUID();
        const retry = () => [
          say('ana', no, `round ${round}`, { clientId }),
          other.messages.append(said('ana', no, `round ${round}`, { clientId })),
        ];
        const [retries, neighbours] = await Promise.all([
          Promise.all([...retry(), ...retry()]),
          Promise.all([
            say('bob', no, 'here'),
            say('cy', quiet, 'far'),
            other.messages.append(said('dee', quiet, 'away')),
          ]),
        ]);
        expect(retries.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
        expect(new Set(retries.map(({ message }) => message.id)).size).toBe(1);
        expect(neighbours.every(({ duplicate }) => !duplicate)).toBe(true);
      }
      expect((await say('bob', no, 'last')).message.seq).toBe(31);
    });

    it('refuses who was never a member, knows no such conversation, or comes from another space', async () => {
      const { direct, say, admit } = await scene();
      const no = await direct('ana', 'bob');
      await admit('eve');
      expect(await codeOf(say('eve', no, 'hello'))).toBe('not_found');
      expect(await codeOf(say('ana', no + 1_000_000, 'hello'))).toBe('not_found');
      expect(await codeOf(say('ana', no, 'hello', { space: 'elsewhere' }))).toBe('not_found');
    });

    it('refuses who is no longer a member, but answers the retry of what was stored before', async () => {
      const { group, say, conversations, space } = await scene();
      const no = await group('ana', 'bob');
      const clientId = randomUUID();
      await say('bob', no, 'before', { clientId });
      await conversations.removeMember(space, 'ana', no, 'bob');
      expect(await codeOf(say('bob', no, 'after'))).toBe('not_member');
      expect(await say('bob', no, 'before', { clientId })).toMatchObject({ duplicate: true, message: { seq: 1 } });
    });

    it('stores nothing of a sender whose removal has committed', async () => {
      const { group, say, said, other, conversations, space } = await scene();
      for (const round of numbers(1, 10)) {
        const no = await group('ana', 'bob');
        const sends: Promise<Appended | undefined>[] = [];
        const send = (i: number) => {
          const node = i % 2 ? other.messages.append(said('bob', no, `${i}`)) : say('bob', no, `${i}`);
          sends.push(node.catch(() => undefined));
        };
        for (const i of numbers(1, 20)) send(i);
        const removing = conversations.removeMember(space, 'ana', no, 'bob');
        for (const i of numbers(21, 40)) send(i);
        const untilSeq = (await removing).members[0]?.untilSeq ?? -1;
        for (const i of numbers(41, 50)) send(i);
        const stored = (await Promise.all(sends)).flatMap((sent) => (sent ? [sent.message.seq] : []));
        expectDense(stored);
        expect({ round, stored: stored.length }).toEqual({ round, stored: untilSeq });
        expect((await conversations.facts(space, 'ana', no)).lastSeq).toBe(untilSeq);
      }
    });

    it('lets a reply name only what exists and is visible to its sender', async () => {
      const { group, say, conversations, admit, space } = await scene();
      const no = await group('ana', 'bob');
      await say('ana', no, 'before cy');
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], { role: 'member', history: 'none' });
      await say('ana', no, 'after cy came');
      expect(await codeOf(say('cy', no, 're', { replyToSeq: 1 }))).toBe('not_found');
      expect(await codeOf(say('bob', no, 're', { replyToSeq: 3 }))).toBe('not_found');
      expect(await codeOf(say('bob', no, 're', { replyToSeq: 0 }))).toBe('not_found');
      expect((await say('cy', no, 're', { replyToSeq: 2 })).message).toMatchObject({
        seq: 3,
        replyTo: messageId(no, 2),
      });
    });

    it('lets the sender edit, under a new rev, and nobody else', async () => {
      const { direct, say, messages, admit, space } = await scene();
      const no = await direct('ana', 'bob');
      const { conversation } = await say('ana', no, 'tpyo');
      await say('bob', no, 'what?');
      await admit('eve');
      const edited = await messages.edit(space, 'ana', { no, seq: 1 }, 'typo', 'always');
      expect(edited).toMatchObject({
        changed: true,
        rev: conversation.rev + 1,
        conversation: { rev: conversation.rev + 1 },
      });
      expect(edited.message).toMatchObject({ seq: 1, rev: edited.rev, body: 'typo', editedAt: expect.any(String) });
      const same = await messages.edit(space, 'ana', { no, seq: 1 }, 'typo', 'always');
      expect(same).toMatchObject({ changed: false, rev: edited.rev, message: edited.message });
      expect(await codeOf(messages.edit(space, 'bob', { no, seq: 1 }, 'mine', 'always'))).toBe('forbidden');
      expect(await codeOf(messages.edit(space, 'eve', { no, seq: 1 }, 'mine', 'always'))).toBe('not_found');
      expect(await codeOf(messages.edit(space, 'ana', { no, seq: 9 }, 'nothing', 'always'))).toBe('not_found');
      expect(await codeOf(messages.edit('elsewhere', 'ana', { no, seq: 1 }, 'nothing', 'always'))).toBe('not_found');
    });

    it('leaves a tombstone that keeps its number, once', async () => {
      const { direct, say, messages, bodies, space } = await scene();
      const no = await direct('ana', 'bob');
      await say('ana', no, 'oh no');
      await say('ana', no, 'fine');
      const removed = await messages.remove(space, 'ana', { no, seq: 1 });
      expect(removed).toMatchObject({
        changed: true,
        message: { seq: 1, rev: removed.rev, body: '', deletedAt: expect.any(String) },
      });
      expect(await messages.remove(space, 'ana', { no, seq: 1 })).toMatchObject({ changed: false, rev: removed.rev });
      expect(await codeOf(messages.edit(space, 'ana', { no, seq: 1 }, 'back', 'always'))).toBe('not_found');
      expect(await codeOf(messages.remove(space, 'bob', { no, seq: 2 }))).toBe('forbidden');
      expect(await bodies('bob', no)).toEqual([
        [1, ''],
        [2, 'fine'],
      ]);
    });

    it('lets nobody change what they can no longer see', async () => {
      const { group, say, messages, conversations, space } = await scene();
      const no = await group('ana', 'bob');
      await say('bob', no, 'mine');
      await conversations.removeMember(space, 'ana', no, 'bob');
      expect(await codeOf(messages.edit(space, 'bob', { no, seq: 1 }, 'changed', 'always'))).toBe('not_member');
      await conversations.addMembers(space, 'ana', no, ['bob'], { role: 'member', history: 'none' });
      expect(await codeOf(messages.edit(space, 'bob', { no, seq: 1 }, 'changed', 'always'))).toBe('not_found');
    });
  });
}
