import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupOf, type Node, openStage, outcomeOf, type Stage, said, space } from './support/stage.ts';

let stage: Stage;
let node: Node;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
});
afterAll(() => stage.close());

// Few letters, so that terms are found; with signs that mean something to somebody.
const text = fc.string({
  unit: fc.constantFrom('a', 'B', 'c', 'é', '天', '%', '_', "'", '\\', '"', ' ', '😀'),
  minLength: 1,
  maxLength: 12,
});
const step = fc.oneof(
  fc.record({ kind: fc.constant('say' as const), body: text, at: fc.nat() }),
  fc.record({ kind: fc.constant('edit' as const), body: text, at: fc.nat() }),
  fc.record({ kind: fc.constant('remove' as const), body: text, at: fc.nat() }),
  fc.record({ kind: fc.constant('index' as const), body: text, at: fc.nat() }),
);

describe('search', () => {
  it('finds what a naive reader would, however far the index came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.array(text, { minLength: 1 }), async (all, queries) => {
        const no = await groupOf(node, 'ana', 'bob');
        const bodies: (string | undefined)[] = [];
        for (const { kind, body, at } of all) {
          const key = { no, seq: 1 + (at % Math.max(1, bodies.length)) };
          if (kind === 'index') await node.search.index();
          else if (kind === 'say') bodies.push((await node.messages.append(said('bob', no, body))).message.body);
          else if (kind === 'edit') {
            const edited = await outcomeOf(node.messages.edit(space, 'bob', key, body, 'always'));
            if (typeof edited !== 'string') bodies[key.seq - 1] = body;
          } else {
            await outcomeOf(node.messages.remove(space, 'bob', key));
            if (bodies.length > 0) bodies[key.seq - 1] = undefined;
          }
        }
        for (const query of queries) {
          const term = query.trim();
          if (term === '') continue;
          const { messages } = await node.search.find(space, 'ana', {
            terms: [term],
            no,
            after: undefined,
            limit: 100,
          });
          const truth = bodies.flatMap((body, i) => (body?.toLowerCase().includes(term.toLowerCase()) ? [i + 1] : []));
          expect(messages.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(truth);
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  }, 90_000);

  it('is indexed by one node at a time, behind edits and deletions too, and goes on after one was killed', async () => {
    const other = await stage.node();
    const session = await stage.session();
    while (await node.search.index()) continue;
    const no = await groupOf(node, 'ana', 'bob');
    for (const body of ['first text', 'second text', 'third text']) await node.messages.append(said('bob', no, body));
    const indexed = async () => {
      const { rows } = await session.query<{ seq: string }>(
        'select seq from search_texts where conversation_no = $1 and grams @@ search_query(search_bucket($1), $2) order by seq',
        [no, ['text']],
      );
      return rows.map(({ seq }) => Number(seq));
    };
    // Whoever holds the lock dies with its work: nothing of it stays, and nothing is lost.
    await session.query('begin');
    await session.query('select index_search(100000)');
    expect(await indexed()).toEqual([1, 2, 3]);
    expect(await node.search.index()).toBe(false);
    await session.query('rollback');
    expect(await indexed()).toEqual([]);
    await Promise.all([node.search.index(), other.search.index()]);
    expect(await indexed()).toEqual([1, 2, 3]);
    await node.messages.edit(space, 'bob', { no, seq: 1 }, 'another', 'always');
    await node.messages.remove(space, 'bob', { no, seq: 2 });
    const find = async (term: string) => {
      const { messages } = await node.search.find(space, 'ana', { terms: [term], no, after: undefined, limit: 9 });
      return messages.map(({ seq }) => seq);
    };
    // Before it is indexed and after, by the new text only.
    expect([await find('another'), await find('text')]).toEqual([[1], [3]]);
    await other.search.index();
    expect(await indexed()).toEqual([3]);
    expect([await find('another'), await find('text')]).toEqual([[1], [3]]);
  });
});
