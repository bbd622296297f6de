import { conversationId, staffId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

/** What every search promises, whatever it stands on and however far its index came. */
export function searchConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`search: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);
    const found = async ({ search, space }: Scene, user: string, terms: string[], no?: number) => {
      const { messages } = await search.find(space, user, { terms, no, after: undefined, limit: 50 });
      return messages.map(({ body }) => body);
    };

    it('finds words and parts of words, in whatever case and script, also of one sign', async () => {
      const here = await scene();
      const no = await here.direct('ana', 'bob');
      const bodies = ['Der ÄPFELKUCHEN', '今天天气很好', '100%_sure', `it's "quoted" \\ here`, 'Привет, мир', '😀 z'];
      for (const body of bodies) await here.say('bob', no, body);
      const all = [
        ['äpfel', 0],
        ['kuch', 0],
        ['天气', 1],
        ['好', 1],
        ['%', 2],
        ['_', 2],
        ['%_S', 2],
        ["'", 3],
        ['"', 3],
        ['\\', 3],
        ['ПРИВЕТ', 4],
        ['😀', 5],
        ['z', 5],
      ] as const;
      for (const [term, i] of all) expect([term, await found(here, 'ana', [term])]).toEqual([term, [bodies[i]]]);
      expect(await found(here, 'ana', ['here', 'quoted'])).toEqual([bodies[3]]);
      expect(await found(here, 'ana', ['here', 'мир'])).toEqual([]);
      expect(await found(here, 'ana', ["' or 1=1 --"])).toEqual([]);
    });

    it('finds nothing of others, of before or after a membership, deleted, or as it was before an edit', async () => {
      const here = await scene();
      const { group, direct, say, admit, messages, conversations, space } = here;
      const [no, theirs] = [await group('ana', 'bob'), await direct('bob', 'dee')];
      await say('bob', theirs, 'needle of theirs');
      await say('ana', no, 'needle before');
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], { role: 'member', history: 'none' });
      for (const body of ['needle one', 'needle two', 'needle three']) await say('ana', no, body);
      await say('ana', no, 'needle of the server', { kind: 'system' });
      await messages.remove(space, 'ana', { no, seq: 2 });
      await messages.edit(space, 'ana', { no, seq: 3 }, 'pin two', 'always');
      expect(await found(here, 'cy', ['needle'])).toEqual(['needle three']);
      expect(await found(here, 'cy', ['pin'])).toEqual(['pin two']);
      await conversations.removeMember(space, 'ana', no, 'cy');
      await say('ana', no, 'needle after');
      expect(await found(here, 'cy', ['needle'])).toEqual([]);
      expect(await found(here, 'cy', ['needle'], no)).toEqual(['needle three']);
      expect(await found(here, 'ana', ['needle'])).toEqual(['needle after', 'needle three', 'needle before']);
      expect(await found(here, 'dee', ['needle'], no)).toEqual([]);
      expect(await found({ ...here, space: 'elsewhere' }, 'ana', ['needle'])).toEqual([]);
    });

    it('pages by position too, in one conversation, with how many there are and who read them', async () => {
      const here = await scene();
      const { direct, say, search, receipts, messages, space } = here;
      const [no, other] = [await direct('ana', 'bob'), await direct('ana', 'cy')];
      for (const i of numbers(1, 6)) await say('ana', no, i === 3 ? 'nothing of it' : `Match ${i}`);
      await say('ana', other, 'match elsewhere');
      await messages.remove(space, 'ana', { no, seq: 5 });
      await receipts.read(space, 'bob', no, 2);
      const left = ['Match 6', 'Match 4', 'Match 2', 'Match 1'];
      for (const offset of [0, 1, 3, 4, Number.MAX_SAFE_INTEGER]) {
        const page = await search.position(space, 'bob', no, { terms: ['match'], offset, limit: 2 });
        expect([page.messages.map(({ body }) => body), page.total]).toEqual([left.slice(offset, offset + 2), 4]);
        expect(page.conversation).toMatchObject({ id: conversationId(no), peerId: 'ana' });
        const read = page.messages.filter(({ seq }) => seq <= 2).map(({ id }) => ({ messageId: id, userId: 'bob' }));
        expect(page.receipts).toMatchObject(read);
      }
      const page = { terms: ['match'], offset: 0, limit: 9 };
      expect(await search.position(space, 'ana', no, { ...page, terms: ['%'] })).toMatchObject({
        messages: [],
        total: 0,
      });
      expect(await codeOf(search.position(space, 'cy', no, page))).toBe('not_found');
      expect(await codeOf(search.position('elsewhere', 'ana', no, page))).toBe('not_found');
    });

    it('finds for the staff what was said in all threads and in their own conversations, and nothing else', async () => {
      const here = await scene();
      const elsewhere = await scene();
      const { space, conversations, direct, say, messages, search } = here;
      await here.admit('agent-y');
      const thread = async ({ admit, conversations, space }: Scene, userId: string) => {
        await admit(userId);
        return (await conversations.openSupport(space, userId)).conversation.no;
      };
      const answer = (authorId: string, no: number, body: string) => say(staffId, no, body, { authorId });
      const [ana, bob, own] = [await thread(here, 'ana'), await thread(here, 'bob'), await direct('agent-x', 'dee')];
      await say('ana', ana, 'a needle');
      await answer('agent-y', bob, 'needle here');
      await say('dee', own, 'our needle');
      await say('cy', await direct('cy', 'dee'), 'their needle');
      await answer('boss', (await conversations.openAnnouncement(space)).conversation.no, 'needles for all');
      await elsewhere.say('ana', await thread(elsewhere, 'ana'), 'needle of another space');
      await say('bob', bob, 'no needle any more');
      await messages.remove(space, 'bob', { no: bob, seq: 2 });
      const told = async (userId: string, pool: boolean) => {
        const wanted = { terms: ['needle'], no: undefined, after: undefined, limit: 9, pool };
        const page = await search.find(space, userId, wanted);
        return page.messages.map(({ senderId, body }) => `${senderId}: ${body}`).sort();
      };
      const announced = `${staffId}: needles for all`;
      const inThreads = ['agent-y: needle here', 'ana: a needle'];
      expect(await told('agent-x', true)).toEqual([...inThreads, announced, 'dee: our needle'].sort());
      expect(await told('agent-y', true)).toEqual([...inThreads, announced].sort());
      expect(await told('agent-x', false)).toEqual([announced, 'dee: our needle'].sort());
      expect(await told('bob', false)).toEqual([`${staffId}: needle here`, announced].sort());
      const paged: string[] = [];
      let after: string | undefined;
      do {
        const page = await search.find(space, 'agent-x', {
          terms: ['needle'],
          no: undefined,
          after,
          limit: 1,
          pool: true,
        });
        paged.push(...page.messages.map(({ body }) => body));
        after = page.next;
      } while (after !== undefined);
      expect(paged).toHaveLength(4);
    });

    it('pages from the newest on, without a gap or a repetition while messages arrive', async () => {
      const here = await scene();
      const { direct, say, search, space } = here;
      const nos = [await direct('ana', 'bob'), await direct('ana', 'cy')];
      for (const i of numbers(1, 11)) await say('ana', nos[i % 2] ?? 0, `match ${i}`);
      const all: string[] = [];
      for (let after: string | undefined, page = 0; page < 9; page++) {
        const { messages, next } = await search.find(space, 'ana', {
          terms: ['match'],
          no: undefined,
          after,
          limit: 4,
        });
        all.push(...messages.map(({ body }) => body));
        await say('ana', nos[0] ?? 0, `match later ${page}`);
        if (next === undefined) break;
        after = next;
      }
      expect([...all].sort()).toEqual(
        numbers(1, 11)
          .map((i) => `match ${i}`)
          .sort(),
      );
      expect(await codeOf(search.find(space, 'ana', { terms: ['x'], no: undefined, after: 'bad', limit: 4 }))).toBe(
        'invalid',
      );
    });
  });
}
