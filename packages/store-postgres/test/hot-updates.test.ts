import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupOf, type Node, numbers, openStage, type Stage, said, space } from './support/stage.ts';

let stage: Stage;
let node: Node;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
});
afterAll(() => stage.close());

describe('heads and watermarks', () => {
  it('are written in the page where they stand, without touching an index', async () => {
    const users = numbers(1, 10).map((i) => `user-${i}`);
    const nos = await Promise.all(numbers(1, 20).map(() => groupOf(node, ...users)));
    for (const round of numbers(1, 30)) {
      await Promise.all(
        nos.flatMap((no) => users.slice(0, 3).map((user) => node.messages.append(said(user, no, `${round}`)))),
      );
      await node.receipts.deliver(nos.flatMap((no) => users.map((userId) => ({ space, userId, no, seq: round * 3 }))));
    }
    // Sessions report their numbers when they end.
    await node.close();
    const session = await stage.session();
    const { rows } = await session.query<{ name: string; updates: string; hot: string }>(
      `select relname as name, n_tup_upd as updates, n_tup_hot_upd as hot from pg_stat_user_tables where relname in ('conversations', 'members')`,
    );
    for (const { name, updates, hot } of rows) {
      expect(Number(updates)).toBeGreaterThan(1_000);
      expect({ name, share: Number(hot) / Number(updates) > 0.9 }).toEqual({ name, share: true });
    }
    expect(rows).toHaveLength(2);
  });
});
