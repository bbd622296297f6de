import { conversationId, messageId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type StoreStage, sceneOn } from './store-stage.ts';

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** What every store promises about what members report to the admins of a space. */
export function reportsConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`reports: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    it('keeps what was said when it was reported, whatever becomes of the message, once for each who reports', async () => {
      const { administration, other, messages, say, direct, space } = await sceneOn(stage);
      const no = await direct('ana', 'bob');
      await say('ana', no, 'rude');
      const key = { no, seq: 1 };
      const report = await administration.report(space, 'bob', key, 'insult');
      expect(report).toEqual({
        no: expect.any(Number),
        messageId: messageId(no, 1),
        conversationId: conversationId(no),
        reason: 'insult',
        at: time,
        byId: 'bob',
        senderId: 'ana',
        body: 'rude',
        status: 'open',
      });
      await messages.edit(space, 'ana', key, 'kind', 'always');
      expect(await other.administration.report(space, 'bob', key, 'again')).toEqual(report);
      await messages.remove(space, 'ana', key);
      const { reports } = await administration.reports(space, { status: 'open', offset: 0, limit: 9 });
      expect(reports).toEqual([report]);
    });

    it('takes reports of what the reporter sees and others said, and of nothing else', async () => {
      const { administration, conversations, messages, say, group, admit, space } = await sceneOn(stage);
      const no = await group('ana', 'bob');
      for (const body of ['one', 'two']) await say('ana', no, body);
      await admit('eve', 'cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], { role: 'member', history: 'none' });
      await conversations.removeMember(space, 'ana', no, 'bob');
      await say('ana', no, 'three');
      await messages.remove(space, 'ana', { no, seq: 2 });
      const report = (by: string, seq: number, where = space) =>
        codeOf(administration.report(where, by, { no, seq }, undefined));
      const answers = [
        await report('bob', 1),
        await report('bob', 2),
        await report('bob', 3),
        await report('cy', 1),
        await report('cy', 3),
        await report('eve', 3),
        await report('ana', 3),
        await report('cy', 9),
        await report('cy', 3, 'elsewhere'),
      ];
      const hidden = 'not_found';
      expect(answers).toEqual(['answered', hidden, hidden, hidden, 'answered', hidden, 'forbidden', hidden, hidden]);
    });

    it('is a queue by status, oldest first, counted, of one space; judging is in the audit log', async () => {
      const { administration, say, direct, space } = await sceneOn(stage);
      const elsewhere = await sceneOn(stage);
      const root = { space, userId: 'root' };
      const no = await direct('ana', 'bob');
      const numbers = [];
      for (const seq of [1, 2, 3]) {
        await say('ana', no, `rude ${seq}`);
        numbers.push((await administration.report(space, 'bob', { no, seq }, undefined)).no);
      }
      const [first = 0, second = 0, third = 0] = numbers;
      const page = async (status: 'open' | 'resolved' | 'dismissed', offset = 0, limit = 9, where = space) => {
        const { reports, total } = await administration.reports(where, { status, offset, limit });
        return [reports.map((report) => report.no), total];
      };
      expect(await page('open', 1, 1)).toEqual([[second], 3]);
      expect(await page('open', 0, 9, elsewhere.space)).toEqual([[], 0]);
      const verdict = { status: 'resolved', note: 'warned' } as const;
      const judged = await administration.resolve(root, second, verdict);
      expect(judged).toMatchObject({ ...verdict, resolvedById: 'root', resolvedAt: time });
      expect(await administration.resolve(root, second, verdict)).toEqual(judged);
      expect([await page('open'), await page('resolved')]).toEqual([
        [[first, third], 2],
        [[second], 1],
      ]);
      expect(await codeOf(administration.resolve({ ...root, space: elsewhere.space }, first, verdict))).toBe(
        'not_found',
      );
      expect((await administration.audit(space, { limit: 9 })).entries).toMatchObject([
        { deed: 'report.resolve', byId: 'root', userId: 'ana', messageId: messageId(no, 2), reason: 'warned' },
      ]);
      await administration.resolve(root, second, { status: 'open' });
      expect(await page('open')).toEqual([[first, second, third], 3]);
    });
  });
}
