import { limits } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

/** What a log of messages promises of what they said before. */
export function versionsConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`versions of messages: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    async function scene() {
      const it: Scene = await sceneOn(stage);
      const no = await it.group('ana', 'bob');
      await it.say('ana', no, 'frist');
      const key = { no, seq: 1 };
      return {
        ...it,
        no,
        key,
        edit: (body: string) => it.messages.edit(it.space, 'ana', key, body, 'always'),
        versions: (userId: string, afterRev = -1, limit = 20) =>
          it.history.versions(it.space, userId, key, { afterRev, limit }),
      };
    }

    it('keeps what a message said, since when, and who wrote it', async () => {
      const { edit, versions, messages, history, key, no, space } = await scene();
      const [sent] = (await history.page(space, 'bob', no, { limit: 1 })).messages;
      const first = { rev: 0, userId: 'ana', body: 'frist', at: sent?.createdAt };
      expect(await versions('bob')).toEqual({ versions: [first], more: false });
      const one = await edit('first');
      await messages.react(space, 'bob', key, '👍', 'always');
      const two = await edit('first!');
      await edit('first!');
      const written = [one, two].map(({ message: { rev, body, editedAt } }) => ({
        rev,
        userId: 'ana',
        body,
        at: editedAt,
      }));
      expect(await versions('bob')).toEqual({ versions: [first, ...written], more: false });
      expect(await versions('ana', one.rev)).toEqual({ versions: written.slice(1), more: false });
    });

    it('shows nothing of what was deleted', async () => {
      const { edit, versions, messages, key, space } = await scene();
      await edit('second thoughts');
      await messages.remove(space, 'ana', key);
      expect(await versions('ana')).toEqual({ versions: [], more: false });
    });

    it('shows them to members only, within their membership', async () => {
      const { edit, versions, conversations, admit, no, space } = await scene();
      await admit('out', 'late');
      await edit('first');
      await conversations.addMembers(space, 'ana', no, ['late'], { role: 'member', history: 'none' });
      expect(await codeOf(versions('out'))).toBe('not_found');
      expect(await codeOf(versions('late'))).toBe('not_found');
    });

    it('pages through many, each once', async () => {
      const { edit, versions } = await scene();
      const bodies = numbers(1, limits.versionsPageMax + 5).map((i) => `${i}`);
      for (const body of bodies) await edit(body);
      const seen: string[] = [];
      for (let afterRev = -1, more = true; more; ) {
        const page = await versions('bob', afterRev, 10);
        seen.push(...page.versions.map(({ body }) => body));
        more = page.more;
        afterRev = page.versions.at(-1)?.rev ?? afterRev;
      }
      expect(seen).toEqual(['frist', ...bodies]);
    });
  });
}
