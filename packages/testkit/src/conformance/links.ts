import type { Failure, Permit } from '@parley/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { raceUntilRefused } from '../race.ts';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn, sendersOf } from './store-stage.ts';

const booking = { kind: 'booking', permit: 'booking' } as const;
const assignment = { kind: 'assignment', permit: 'assignment' } as const;

/** What every store of links promises, and what every store of messages does about them. */
export function linksConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`links: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    /** Two users with a link that is confirmed or cancelled by whichever node is named. */
    const scene = async () => {
      const set = await sceneOn(stage);
      const put = (status: 'confirmed' | 'cancelled', kind: 'booking' | 'assignment' = 'booking', links = set.links) =>
        links.put(set.space, { userA: 'bob', userB: 'ana', kind, status });
      const openAs = (userId: string, peerId: string, permit: Permit, node: Pick<Scene, 'conversations'> = set) =>
        node.conversations.openDirect(set.space, userId, peerId, permit);
      return { ...set, put, openAs };
    };

    it('keeps one link of each kind for a pair, whichever is named first, and makes both users exist', async () => {
      const { links, openAs, space } = await scene();
      const put = (userA: string, userB: string, status: 'confirmed' | 'cancelled', kind: 'booking' | 'assignment') =>
        links.put(space, { userA, userB, kind, status });
      const { link: first, cancelled } = await put('bob', 'ana', 'confirmed', 'booking');
      expect(cancelled).toEqual([]);
      expect(first).toEqual({
        userA: 'bob',
        userB: 'ana',
        kind: 'booking',
        status: 'confirmed',
        updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      await put('ana', 'bob', 'cancelled', 'booking');
      await put('ana', 'bob', 'confirmed', 'assignment');
      const { links: found } = await links.list(space, 'ana', { after: undefined, limit: 10 });
      expect(found).toMatchObject([
        { userA: 'ana', userB: 'bob', kind: 'assignment', status: 'confirmed' },
        { userA: 'ana', userB: 'bob', kind: 'booking', status: 'cancelled' },
      ]);
      expect((await openAs('ana', 'bob', 'assignment')).created).toBe(true);
      expect(await codeOf(put('ana', 'ana', 'confirmed', 'booking'))).toBe('invalid');
    });

    it('lists the links of a user from either side, page by page, and of no other space', async () => {
      const { links, space } = await scene();
      for (const i of numbers(1, 3)) {
        await links.put(space, { userA: 'm', userB: `z-${i}`, kind: 'booking', status: 'confirmed' });
        await links.put(space, { userA: `a-${i}`, userB: 'm', kind: 'booking', status: 'cancelled' });
        await links.put(space, { userA: 'm', userB: `a-${i}`, kind: 'assignment', status: 'confirmed' });
      }
      await links.put(`${space}-2`, { userA: 'm', userB: 'elsewhere', kind: 'booking', status: 'confirmed' });
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await links.list(space, 'm', { after, limit: 2 });
        seen.push(...page.links.map(({ kind, userA, userB }) => `${kind} ${userA} ${userB}`));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual([
        ...numbers(1, 3).map((i) => `assignment m a-${i}`),
        ...numbers(1, 3).map((i) => `booking a-${i} m`),
        ...numbers(1, 3).map((i) => `booking m z-${i}`),
      ]);
      for (const foreign of ['', 'nonsense', 'friend:ana', 'booking:']) {
        expect(await codeOf(links.list(space, 'm', { after: foreign, limit: 2 }))).toBe('invalid');
      }
    });

    it('forgets the links of a pair, in either order, one kind or all', async () => {
      const { links, put, space } = await scene();
      await put('confirmed', 'booking');
      await put('confirmed', 'assignment');
      expect(await links.remove(space, 'ana', 'bob', 'booking')).toMatchObject([{ kind: 'booking' }]);
      await put('cancelled', 'booking');
      expect(await links.remove(space, 'bob', 'ana', undefined)).toMatchObject([
        { kind: 'assignment' },
        { kind: 'booking' },
      ]);
      expect(await links.remove(space, 'bob', 'ana', undefined)).toEqual([]);
      expect((await links.list(space, 'ana', { after: undefined, limit: 5 })).links).toEqual([]);
    });

    it.each([booking, assignment])('asks for a confirmed $kind to begin, to write and to edit', async (link) => {
      const { conversations, messages, say, bodies, put, openAs, admit, space } = await scene();
      const { kind, permit } = link;
      const otherKind = kind === 'booking' ? 'assignment' : 'booking';
      await admit('ana', 'bob');
      await put('confirmed', otherKind);
      expect(await codeOf(openAs('ana', 'bob', permit))).toBe('not_permitted');
      await put('cancelled', kind);
      expect(await codeOf(openAs('ana', 'bob', permit))).toBe('not_permitted');
      expect((await conversations.list(space, 'ana', { after: undefined, limit: 5 })).conversations).toEqual([]);

      await put('confirmed', kind);
      const { no } = (await openAs('ana', 'bob', permit)).conversation;
      await say('ana', no, 'hello', { permit });
      await put('cancelled', kind);
      expect(await codeOf(say('ana', no, 'no more', { permit }))).toBe('not_permitted');
      expect(await codeOf(say('bob', no, 'no more', { permit }))).toBe('not_permitted');
      expect(await codeOf(messages.edit(space, 'ana', { no, seq: 1 }, 'another word', permit))).toBe('not_permitted');
      // What is there is found and read, and may be taken back.
      expect((await openAs('bob', 'ana', permit)).conversation.no).toBe(no);
      expect(await bodies('bob', no)).toEqual([[1, 'hello']]);
      expect((await messages.remove(space, 'ana', { no, seq: 1 })).changed).toBe(true);

      await put('confirmed', kind);
      expect((await say('bob', no, 'again', { permit })).message.seq).toBe(2);
    });

    it('refuses the message that asks, and none of its neighbours in the batch', async () => {
      const { say, put, openAs, group, space, conversations } = await scene();
      await put('confirmed');
      const { no } = (await openAs('ana', 'bob', 'booking')).conversation;
      const free = await group('ana', 'bob');
      await put('cancelled');
      const outcomes = await Promise.all(
        numbers(1, 30).map((i) =>
          codeOf(
            i % 2 ? say('ana', no, `${i}`, { permit: 'booking' }) : say('bob', free, `${i}`, { permit: 'booking' }),
          ),
        ),
      );
      expect(outcomes).toEqual(numbers(1, 30).map((i) => (i % 2 ? 'not_permitted' : 'answered')));
      expect((await conversations.facts(space, 'ana', no)).lastSeq).toBe(0);
      expect((await conversations.facts(space, 'ana', free)).lastSeq).toBe(15);
    });

    it('answers a retry of what was stored before the cancellation', async () => {
      const { say, put, openAs } = await scene();
      await put('confirmed');
      const { no } = (await openAs('ana', 'bob', 'booking')).conversation;
      const more = { clientId: '6b0c9e1e-0000-4000-8000-000000000001', permit: 'booking' } as const;
      await say('ana', no, 'hello', more);
      await put('cancelled');
      expect(await say('ana', no, 'hello', more)).toMatchObject({ duplicate: true, message: { seq: 1 } });
    });

    it('lets whom an admin wrote to answer, and begin nothing', async () => {
      const { users, say, openAs, admit, space } = await scene();
      await admit('ana', 'bob');
      await users.put(space, 'root', { role: 'admin' });
      for (const permit of ['admin', 'assignment'] as const) {
        expect(await codeOf(openAs('ana', 'root', permit))).toBe('not_permitted');
      }
      const { no } = (await openAs('root', 'ana', 'always')).conversation;
      await say('root', no, 'hello');
      for (const permit of ['admin', 'assignment'] as const) await say('ana', no, 'yes?', { permit });
      for (const permit of ['booking', 'never'] as const) {
        expect(await codeOf(say('ana', no, 'yes?', { permit }))).toBe('not_permitted');
      }
      const between = (await openAs('ana', 'bob', 'always')).conversation.no;
      expect(await codeOf(say('ana', between, 'hello', { permit: 'admin' }))).toBe('not_permitted');
    });

    it('a cancelled booking stops the next message at once, on every node, and nothing is stored', async () => {
      const { said: message, messages, other, put, openAs, space, history } = await scene();
      await put('confirmed');
      const { no } = (await openAs('ana', 'bob', 'booking')).conversation;
      const said = ['ana', 'bob'].map((who) => message(who, no, 'more', { permit: 'booking' }));
      const racing = sendersOf([messages, other.messages], said);
      const headSeen = async () => (await history.page(space, 'ana', no, { limit: 1 })).lastSeq;
      for (const round of numbers(1, 40)) {
        await put('confirmed');
        const lastSeq = await headSeen();
        const { stopped, seqs, codes } = await raceUntilRefused({
          senders: racing,
          after: round % 8,
          stop: () => put('cancelled', 'booking', round % 2 ? other.links : undefined).then(headSeen),
        });
        // What the log holds when the cancellation is answered is all that it will ever hold of this round.
        for (const seq of seqs) expect(seq).toBeLessThanOrEqual(stopped);
        expect(codes).toEqual(racing.map(() => 'not_permitted'));
        expect(stopped).toBe(lastSeq + seqs.length);
        expect(await headSeen()).toBe(stopped);
      }
    });

    it('makes no conversation once a cancellation is answered, also when both come at one moment', async () => {
      const { links, other, openAs, conversations, space } = await scene();
      const tally = { made: 0, refused: 0 };
      for (const round of numbers(1, 40)) {
        const peer = `peer-${round}`;
        const link = { userA: 'ana', userB: peer, kind: 'booking' } as const;
        await links.put(space, { ...link, status: 'confirmed' });
        const nodes = [{ conversations }, other, { conversations }];
        const opened = nodes.map((node) => openAs('ana', peer, 'booking', node).catch((error: Failure) => error.code));
        const known = async () => (await conversations.list(space, peer, { after: undefined, limit: 1 })).conversations;
        const cancelled = other.links.put(space, { ...link, status: 'cancelled' }).then(known);
        const [atCancelling, ...answers] = await Promise.all([cancelled, ...opened]);
        const made = answers.some((answer) => typeof answer !== 'string');
        expect(atCancelling.length).toBe(made ? 1 : 0);
        tally[made ? 'made' : 'refused'] += 1;
      }
      expect(tally.made).toBeGreaterThan(0);
    });

    it('puts the only link of a user in one step: of all who do at one moment one stays, and only its two may talk', async () => {
      const { links, other, openAs, say, admit, space } = await scene();
      const agents = ['a', 'b', 'y', 'z'];
      await admit('ana', 'eve', ...agents);
      const put = (userB: string, only: boolean, node = links) =>
        node.put(space, { userA: 'ana', userB, kind: 'assignment', status: 'confirmed', only });
      for (const agent of ['a', 'z']) await put(agent, false);
      const untouched = [
        { userA: 'eve', userB: 'a', kind: 'assignment', status: 'confirmed' },
        { userA: 'a', userB: 'ana', kind: 'booking', status: 'confirmed' },
      ] as const;
      for (const link of untouched) await links.put(space, link);
      const { link, cancelled } = await put('b', true);
      expect(link).toMatchObject({ userA: 'ana', userB: 'b', status: 'confirmed' });
      expect(cancelled).toMatchObject(['a', 'z'].map((userB) => ({ userA: 'ana', userB, status: 'cancelled' })));
      expect((await put('b', true)).cancelled).toEqual([]);
      const nos = new Map<string, number>();
      for (const agent of agents) nos.set(agent, (await openAs('ana', agent, 'always')).conversation.no);
      for (const _ of numbers(1, 20)) {
        await Promise.all(agents.map((agent, i) => put(agent, true, i % 2 ? other.links : links)));
        const { links: found } = await links.list(space, 'ana', { after: undefined, limit: 20 });
        const confirmed = found.filter(({ kind, status }) => kind === 'assignment' && status === 'confirmed');
        expect(confirmed).toHaveLength(1);
        const outcomes = agents.map((agent) =>
          codeOf(say(agent, nos.get(agent) ?? 0, 'hello', { permit: 'assignment' })),
        );
        expect(await Promise.all(outcomes)).toEqual(
          agents.map((agent) => (agent === confirmed[0]?.userB ? 'answered' : 'not_permitted')),
        );
      }
      expect((await links.list(space, 'a', { after: undefined, limit: 20 })).links).toMatchObject([
        expect.anything(),
        untouched[0],
        untouched[1],
      ]);
    });

    it('makes linked users known to each other', async () => {
      const { conversations, links, put, space } = await scene();
      await put('confirmed');
      await links.put(space, { userA: 'ana', userB: 'cy', kind: 'assignment', status: 'confirmed' });
      await links.put(space, { userA: 'ana', userB: 'dee', kind: 'booking', status: 'cancelled' });
      const known = await conversations.acquaintances(space, 'ana', ['bob', 'cy', 'dee', 'eve']);
      expect([...known].sort()).toEqual(['bob', 'cy']);
    });
  });
}
