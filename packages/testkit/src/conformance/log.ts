import type { Move } from '@parley/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreNode, type StoreStage, sceneOn } from './store-stage.ts';

/** What the log promises to nodes that repair from it, whatever it stands on. */
export function logConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`log: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);

    it('reads a range of messages', async () => {
      const { direct, say, log } = await scene();
      const no = await direct('ana', 'bob');
      for (const i of numbers(1, 9)) await say('ana', no, `${i}`);
      const seqs = async (after: number, upTo: number, limit: number) =>
        (await log.messages(no, after, upTo, limit)).map(({ message }) => message.seq);
      expect(await seqs(2, 6, 100)).toEqual([3, 4, 5, 6]);
      expect(await seqs(2, 6, 2)).toEqual([3, 4]);
      expect(await seqs(9, 20, 10)).toEqual([]);
      expect(await log.messages(no + 1_000_000, 0, 5, 5)).toEqual([]);
    });

    it('tells every change after a rev, and the rev that it reaches', async () => {
      const { group, say, messages, receipts, conversations, log, space } = await scene();
      const no = await group('ana', 'bob');
      await say('ana', no, 'one');
      const { rev } = await conversations.facts(space, 'ana', no);
      await messages.edit(space, 'ana', { no, seq: 1 }, 'two', 'always');
      await receipts.read(space, 'bob', no, 1);
      await conversations.removeMember(space, 'ana', no, 'bob');
      const changes = await log.changes(no, rev);
      expect(changes.conversation).toMatchObject({ no, rev: rev + 3, memberCount: 1 });
      expect(changes.messages).toEqual([{ message: expect.objectContaining({ seq: 1, rev: rev + 1, body: 'two' }) }]);
      expect(changes.receipts).toEqual([
        { userId: 'bob', readSeq: 1, deliveredSeq: 1, at: expect.any(String), rev: rev + 2 },
      ]);
      expect(changes.members).toEqual([expect.objectContaining({ userId: 'bob', untilSeq: 1 })]);
      expect(await log.changes(no, rev + 3)).toMatchObject({ messages: [], members: [], receipts: [] });
      expect(await codeOf(log.changes(no + 1_000_000, 0))).toBe('not_found');
    });

    it('knows where conversations stand and who is in them', async () => {
      const { group, say, conversations, log, space } = await scene();
      const no = await group('ana', 'bob', 'cy');
      await say('ana', no, 'one');
      await conversations.removeMember(space, 'ana', no, 'cy');
      const facts = await conversations.facts(space, 'ana', no);
      const { lastSeq, rev, membershipVersion } = facts;
      expect(await log.standings([no, no + 1_000_000])).toEqual([{ no, lastSeq, rev, membershipVersion }]);
      expect(await log.standings([])).toEqual([]);
      expect(await log.membership(no, ['ana', 'bob', 'cy', 'eve'])).toEqual({
        version: membershipVersion,
        present: new Map([
          ['ana', { fromSeq: 0 }],
          ['bob', { fromSeq: 0 }],
        ]),
        gone: new Map([['cy', { fromSeq: 0, untilSeq: 1 }]]),
      });
      expect(await log.membership(no, ['eve'])).toEqual({
        version: membershipVersion,
        present: new Map(),
        gone: new Map(),
      });
    });

    it('tells each write once, with the numbers that it reached and whose inbox must hear of it', async () => {
      const { direct, group, say, messages, receipts, conversations, log, space } = await scene();
      const pair = await direct('ana', 'bob');
      const many = await group('ana', 'bob', 'cy');
      const { position } = await log.moves(undefined);
      await say('ana', pair, 'one');
      await messages.edit(space, 'ana', { no: pair, seq: 1 }, 'two', 'always');
      await receipts.read(space, 'bob', pair, 1);
      await say('ana', many, 'all');
      await conversations.removeMember(space, 'ana', many, 'cy');
      const moved = await log.moves(position);
      const ours = moved.moves.filter((move) => move.space === space);
      const told = (no: number) => ours.filter((move) => move.no === no).map((m) => [m.lastSeq, m.rev, m.userIds]);
      expect(told(pair)).toEqual([
        [1, 1, ['ana', 'bob']],
        [1, 2, ['ana', 'bob']],
        [1, 3, ['ana', 'bob']],
      ]);
      expect(told(many)).toEqual([
        [1, 1, []],
        [1, 2, ['cy']],
      ]);
      expect(moved.truncated).toBe(false);
      const later = await log.moves(moved.position);
      expect(later.moves.filter((move) => move.space === space)).toEqual([]);
    });

    it('tells of new conversations to everybody in them', async () => {
      const { direct, group, log, space } = await scene();
      const { position } = await log.moves(undefined);
      const pair = await direct('bob', 'ana');
      const many = await group('cy', 'ana', 'bob');
      const { moves } = await log.moves(position);
      const heard = moves.filter((move) => move.space === space).map(({ no, userIds }) => [no, [...userIds].sort()]);
      expect(heard).toEqual([
        [pair, ['ana', 'bob']],
        [many, ['ana', 'bob', 'cy']],
      ]);
    });

    it('misses no write, however readers and writers run into each other', async () => {
      const { group, say, said, other, log, space } = await scene();
      const nos = [await group('ana', 'bob'), await group('ana', 'cy'), await group('bob', 'cy')];
      const heads = new Map<number, number>();
      const seen: Move[] = [];
      const reader = async (node: StoreNode, from: string, done: () => boolean) => {
        for (let position = from, last = false; !last; ) {
          last = done();
          const answer = await node.log.moves(position);
          position = answer.position;
          seen.push(...answer.moves.filter((move) => move.space === space));
        }
      };
      const { position } = await log.moves(undefined);
      let writing = true;
      const reading = reader(other, position, () => !writing);
      const writes = numbers(1, 400).map(async (i) => {
        const no = nos[i % 3] ?? 0;
        const sender = i % 3 === 2 ? 'cy' : i % 3 === 1 ? 'ana' : 'bob';
        const { message } =
          i % 2 ? await say(sender, no, `${i}`) : await other.messages.append(said(sender, no, `${i}`));
        heads.set(no, Math.max(heads.get(no) ?? 0, message.seq));
      });
      await Promise.all(writes);
      writing = false;
      await reading;
      for (const no of nos) {
        const told = seen.filter((move) => move.no === no).map(({ lastSeq }) => lastSeq);
        expect(Math.max(...told)).toBe(heads.get(no));
        expect(new Set(told).size).toBe(told.length);
      }
    });

    it('calls a position that it cannot know truncated', async () => {
      const { log } = await scene();
      expect(await log.moves('a position of another life')).toMatchObject({ truncated: true, moves: [] });
    });
  });
}
