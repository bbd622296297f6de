import type { PresenceBoard } from '@parley/core';
import { describe, expect, it } from 'vitest';
import type { PresenceStage } from './presence.ts';

const patienceMs = 8_000;

/** What every presence board promises of a whole space: how many are online, and who. */
export function onlineConformance(name: string, open: () => Promise<PresenceStage>): void {
  const on = (keep: (scene: Scene) => Promise<void>) => async () => {
    const stage = await open();
    try {
      await keep(sceneOn(stage));
    } finally {
      await stage.close();
    }
  };

  describe(`who is online in a space, ${name}`, () => {
    it.concurrent(
      'are users of that space, however many connections each has, on whichever node',
      on(async ({ node, counts }) => {
        const [here, there] = [await node(), await node()];
        for (const device of ['phone', 'tablet']) here.connect('main', 'ana', device);
        there.connect('main', 'ana', 'laptop');
        there.connect('main', 'bob', 'c1');
        there.connect('main2', 'cy', 'c1');
        here.connect('mai', 'dan', 'c1');
        await counts(here, 2);
        expect(await there.online('main', { limit: 10 })).toEqual(['ana', 'bob']);
        expect(await there.count('main2')).toBe(1);
        expect(await there.count('nowhere')).toBe(0);
        expect(await there.online('nowhere', { limit: 10 })).toEqual([]);
      }),
    );

    it.concurrent(
      'are found once each by whoever pages, in the order of the bytes of their ids',
      on(async ({ node, counts }) => {
        const board = await node();
        const few = ['a', 'a b', 'a\u007f', 'ab', 'é', '\uffee', '👋', '0', 'A'];
        const users = [...few, ...Array.from({ length: 1_200 }, (_, i) => `user-${String(i).padStart(4, '0')}`)];
        for (const userId of users) board.connect('main', userId, 'c1');
        // More connections than are looked at in one step stand between one user and the next.
        for (let i = 0; i < 1_100; i += 1) board.connect('main', 'ab', `device-${i}`);
        await counts(board, users.length);
        const sorted = users
          .map((userId) => Buffer.from(userId))
          .sort((a, b) => a.compare(b))
          .map(String);
        expect(await board.online('main', { limit: users.length + 1 })).toEqual(sorted);
        expect(await pages(board, 7, few.length * 2)).toEqual(sorted.slice(0, few.length * 2));
        expect(await pages(board, 500)).toEqual(sorted);
      }),
    );

    it.concurrent(
      'stay so for the grace, and while their node is lost, and are not afterwards',
      on(async ({ stage, node, counts }) => {
        const { graceMs, leaseMs, lostGraceMs } = stage.durations;
        const [here, dying] = [await node(), await node()];
        here.connect('main', 'ana', 'c1');
        dying.connect('main', 'bob', 'c1');
        await counts(here, 2);
        here.disconnect('main', 'ana', 'c1');
        await stage.pass(graceMs / 2);
        expect(await here.online('main', { limit: 9 })).toEqual(['ana', 'bob']);
        await counts(here, 1, graceMs + stage.lateMs);
        stage.kill(dying);
        const isStale = async () => (await here.read('main', ['bob']))[0]?.stale === true;
        await stage.until(isStale, { withinMs: leaseMs + stage.lateMs, what: 'bob is stale' });
        expect(await here.online('main', { limit: 9 })).toEqual(['bob']);
        await counts(here, 0, lostGraceMs + stage.lateMs);
      }),
    );

    it.concurrent(
      'are unknown while the board is away or has forgotten, and never too few',
      on(async ({ stage, node, counts }) => {
        const [here, there] = [await node(), await node()];
        here.connect('main', 'ana', 'c1');
        there.connect('main', 'bob', 'c1');
        await counts(here, 2);
        const said = new Set<number | undefined>();
        await stage.leave();
        await counts(here, undefined);
        expect(await here.online('main', { limit: 9 })).toBeUndefined();
        await stage.comeBack({ emptied: true });
        await stage.until(
          async () => {
            for (const board of [here, there]) said.add(await board.count('main'));
            return said.has(2);
          },
          { withinMs: patienceMs, what: 'both are counted again' },
        );
        expect([...said].filter((count) => count !== undefined)).toEqual([2]);
      }),
    );
  });
}

type Scene = ReturnType<typeof sceneOn>;

function sceneOn(stage: PresenceStage) {
  const counts = (board: PresenceBoard, wanted: number | undefined, withinMs = patienceMs) =>
    stage.until(async () => (await board.count('main')) === wanted, { withinMs, what: `${wanted} are online` });
  /** A node that can tell. */
  const node = async () => {
    const board = await stage.node();
    await counts(board, 0);
    return board;
  };
  return { stage, node, counts };
}

async function pages(board: PresenceBoard, limit: number, max = Number.POSITIVE_INFINITY): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const after = found.at(-1);
    const page = await board.online('main', { limit, ...(after !== undefined && { after }) });
    found.push(...(page ?? []));
    if (page?.length !== limit || found.length >= max) return found.slice(0, max);
  }
}
