import type { PresenceBoard, Transition } from '@parley/core';
import type { Presence } from '@parley/protocol';
import { describe, expect, it } from 'vitest';

/** A cluster whose nodes share one presence board, and which can be hurt. */
export type PresenceStage = {
  durations: { leaseMs: number; graceMs: number; lostGraceMs: number };
  /** How late a transition may be after its grace or lease ended. */
  lateMs: number;
  node(): Promise<PresenceBoard>;
  /** The node's process dies, without a word. */
  kill(board: PresenceBoard): void;
  /** The board's store cannot be reached; it returns with or without what it knew. */
  leave(): Promise<void>;
  comeBack(how: { emptied: boolean }): Promise<void>;
  /** Lets time pass until the check holds. Rejects when it does not within `withinMs`. */
  until(check: () => Promise<boolean> | boolean, wait: { withinMs: number; what: string }): Promise<void>;
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
};

const patienceMs = 5_000;

/** What every presence board promises, whatever it stands on. The promises are kept side by side, each on its own stage. */
export function presenceConformance(name: string, open: () => Promise<PresenceStage>): void {
  const on = (keep: (scene: Scene) => Promise<void>) => async () => {
    const stage = await open();
    try {
      await keep(sceneOn(stage));
    } finally {
      await stage.close();
    }
  };

  describe(`presence board: ${name}`, () => {
    it.concurrent(
      'answers in the order asked for, and for users that nobody ever saw',
      on(async ({ becomes, listening }) => {
        const { board } = await listening();
        board.connect('main', 'ana', 'c1');
        await becomes(board, 'ana', 'online');
        const answers = await board.read('main', ['bob', 'ana', 'cy', 'ana']);
        expect(answers.map((p) => [p.userId, word(p)])).toEqual([
          ['bob', 'offline'],
          ['ana', 'online'],
          ['cy', 'offline'],
          ['ana', 'online'],
        ]);
        expect(await board.read('main', [])).toEqual([]);
      }),
    );

    it.concurrent(
      'tells every node once that somebody came, and once that they went after the grace',
      on(async ({ stage, graceMs, lateMs, statusOf, becomes, listening }) => {
        const here = await listening();
        const there = await listening();
        here.board.connect('main', 'ana', 'c1');
        await becomes(there.board, 'ana', 'online');
        here.board.disconnect('main', 'ana', 'c1');
        await stage.pass(graceMs / 2);
        expect(await statusOf(there.board, 'ana')).toBe('online');
        await becomes(there.board, 'ana', 'offline', graceMs / 2 + lateMs);
        await stage.pass(lateMs);
        expect(here.words('ana')).toEqual(['online', 'offline']);
        expect(there.words('ana')).toEqual(['online', 'offline']);
        expect(here.heard.at(-1)?.presence.lastSeen).toBeDefined();
      }),
    );

    it.concurrent(
      'keeps a user online while one of several devices is connected, on whichever node',
      on(async ({ stage, graceMs, lateMs, statusOf, becomes, listening }) => {
        const here = await listening();
        const there = await listening();
        here.board.connect('main', 'ana', 'phone');
        here.board.connect('main', 'ana', 'tablet');
        there.board.connect('main', 'ana', 'laptop');
        await becomes(there.board, 'ana', 'online');
        here.board.disconnect('main', 'ana', 'phone');
        here.board.disconnect('main', 'ana', 'tablet');
        await stage.pass(graceMs + lateMs);
        expect(await statusOf(here.board, 'ana')).toBe('online');
        expect(here.words('ana')).toEqual(['online']);
        there.board.disconnect('main', 'ana', 'laptop');
        await becomes(here.board, 'ana', 'offline', graceMs + lateMs);
      }),
    );

    it.concurrent(
      'says nothing when somebody comes back within the grace, also through another node',
      on(async ({ stage, graceMs, lateMs, statusOf, becomes, listening }) => {
        const here = await listening();
        const there = await listening();
        here.board.connect('main', 'ana', 'c1');
        await becomes(there.board, 'ana', 'online');
        here.board.disconnect('main', 'ana', 'c1');
        await stage.pass(graceMs / 2);
        there.board.connect('main', 'ana', 'c2');
        await stage.pass(graceMs + lateMs);
        expect(await statusOf(here.board, 'ana')).toBe('online');
        expect(here.words('ana')).toEqual(['online']);
      }),
    );

    it.concurrent(
      'changes nothing when it is told the same twice',
      on(async ({ stage, graceMs, lateMs, becomes, listening }) => {
        const here = await listening();
        here.board.connect('main', 'ana', 'c1');
        here.board.connect('main', 'ana', 'c1');
        await becomes(here.board, 'ana', 'online');
        here.board.disconnect('main', 'ana', 'c1');
        here.board.disconnect('main', 'ana', 'c1');
        here.board.disconnect('main', 'ana', 'never');
        await becomes(here.board, 'ana', 'offline', graceMs + lateMs);
        await stage.pass(lateMs);
        expect(here.words('ana')).toEqual(['online', 'offline']);
      }),
    );

    it.concurrent(
      'keeps spaces apart',
      on(async ({ stage, statusOf, listening }) => {
        const here = await listening();
        here.board.connect('one', 'ana', 'c1');
        await stage.until(async () => (await statusOf(here.board, 'ana', 'one')) === 'online', {
          withinMs: patienceMs,
          what: 'ana is online in her space',
        });
        expect(await statusOf(here.board, 'ana', 'two')).toBe('offline');
        await stage.until(() => here.heard.length > 0, { withinMs: patienceMs, what: 'the transition is heard' });
        expect(here.heard.map(({ space }) => space)).toEqual(['one']);
      }),
    );

    it.concurrent(
      "calls a dead node's users stale within its lease, and offline once after the grace",
      on(async ({ stage, lostGraceMs, leaseMs, lateMs, becomes, listening }) => {
        const dying = await stage.node();
        const here = await listening();
        dying.connect('main', 'ana', 'c1');
        await becomes(here.board, 'ana', 'online');
        stage.kill(dying);
        await becomes(here.board, 'ana', 'stale', leaseMs + lateMs);
        await becomes(here.board, 'ana', 'offline', lostGraceMs + lateMs);
        await stage.pass(lateMs);
        expect(here.words('ana')).toEqual(['online', 'stale', 'offline']);
      }),
    );

    it.concurrent(
      'never calls somebody offline whose node died and who came back to another',
      on(async ({ stage, lostGraceMs, leaseMs, lateMs, becomes, listening }) => {
        const dying = await stage.node();
        const here = await listening();
        dying.connect('main', 'ana', 'c1');
        await becomes(here.board, 'ana', 'online');
        stage.kill(dying);
        await becomes(here.board, 'ana', 'stale', leaseMs + lateMs);
        here.board.connect('main', 'ana', 'c2');
        await becomes(here.board, 'ana', 'online');
        await stage.pass(lostGraceMs + lateMs);
        expect(here.words('ana')).toEqual(['online', 'stale', 'online']);
      }),
    );

    it.concurrent(
      'does not mind a dead node where the user has a device on a live one',
      on(async ({ stage, lostGraceMs, leaseMs, lateMs, statusOf, becomes, listening }) => {
        const dying = await stage.node();
        const here = await listening();
        dying.connect('main', 'ana', 'c1');
        here.board.connect('main', 'ana', 'c2');
        await becomes(here.board, 'ana', 'online');
        stage.kill(dying);
        await stage.pass(leaseMs + lostGraceMs + lateMs);
        expect(await statusOf(here.board, 'ana')).toBe('online');
        expect(here.words('ana')).toEqual(['online']);
      }),
    );

    it.concurrent(
      "keeps a drained node's users online, not stale, for the drain's grace",
      on(async ({ stage, lostGraceMs, lateMs, statusOf, becomes, listening }) => {
        const leaving = await stage.node();
        const here = await listening();
        leaving.connect('main', 'ana', 'c1');
        leaving.connect('main', 'bob', 'c2');
        await becomes(here.board, 'bob', 'online');
        await leaving.close();
        leaving.disconnect('main', 'ana', 'c1');
        await stage.pass(lostGraceMs / 2);
        expect(await statusOf(here.board, 'ana')).toBe('online');
        here.board.connect('main', 'bob', 'c3');
        await becomes(here.board, 'ana', 'offline', lostGraceMs / 2 + lateMs);
        await stage.pass(lateMs);
        expect(here.words('ana')).toEqual(['online', 'offline']);
        expect(here.words('bob')).toEqual(['online']);
      }),
    );

    it.concurrent(
      'answers unknown while it is away, remembers who came and went, and has watchers read again',
      on(async ({ stage, statusOf, becomes, listening }) => {
        const here = await listening();
        here.board.connect('main', 'ana', 'c1');
        here.board.connect('main', 'bob', 'c2');
        await becomes(here.board, 'bob', 'online');
        await stage.leave();
        await becomes(here.board, 'bob', 'unknown');
        here.board.disconnect('main', 'ana', 'c1');
        here.board.connect('main', 'cy', 'c3');
        expect(await statusOf(here.board, 'nobody')).toBe('unknown');
        const before = here.resyncs();
        await stage.comeBack({ emptied: false });
        await becomes(here.board, 'cy', 'online');
        await becomes(here.board, 'ana', 'offline');
        expect(await statusOf(here.board, 'bob')).toBe('online');
        await stage.until(() => here.resyncs() > before, { withinMs: patienceMs, what: 'watchers read again' });
        expect(here.words('bob')).toEqual(['online']);
      }),
    );

    it.concurrent(
      'answers unknown after it forgot everything, never a false offline, and is right again by itself',
      on(async ({ stage, lateMs, statusOf, becomes, listening }) => {
        const here = await listening();
        const there = await listening();
        here.board.connect('main', 'ana', 'c1');
        there.board.connect('main', 'bob', 'c2');
        await becomes(here.board, 'bob', 'online');
        const seen = new Set<Word>();
        await stage.leave();
        await stage.comeBack({ emptied: true });
        await stage.until(
          async () => {
            const answers = await Promise.all([statusOf(here.board, 'bob'), statusOf(there.board, 'ana')]);
            for (const answer of answers) seen.add(answer);
            return answers.every((answer) => answer === 'online');
          },
          { withinMs: patienceMs, what: 'both are online again' },
        );
        await stage.pass(lateMs);
        expect([...seen].sort()).toEqual(['online', 'unknown']);
        expect(await statusOf(here.board, 'nobody')).toBe('offline');
        expect([...here.words('ana'), ...there.words('bob')]).toEqual(['online', 'online']);
      }),
    );
  });
}

type Scene = ReturnType<typeof sceneOn>;

function sceneOn(stage: PresenceStage) {
  const statusOf = async (board: PresenceBoard, userId: string, space = 'main') =>
    word(await one(board, space, userId));
  const becomes = (board: PresenceBoard, userId: string, wanted: Word, withinMs = patienceMs) =>
    stage.until(async () => (await statusOf(board, userId)) === wanted, { withinMs, what: `${userId} is ${wanted}` });
  /** A node that can tell, and what it hears. */
  const listening = async () => {
    const board = await stage.node();
    const heard: Transition[] = [];
    let resyncs = 0;
    board.listen(
      (transition) => heard.push(transition),
      () => {
        resyncs += 1;
      },
    );
    await becomes(board, 'nobody', 'offline');
    await stage.until(() => resyncs > 0, { withinMs: patienceMs, what: 'it hears the others' });
    return {
      board,
      heard,
      words: (userId: string) => heard.filter((t) => t.presence.userId === userId).map((t) => word(t.presence)),
      resyncs: () => resyncs,
    };
  };
  return { stage, ...stage.durations, lateMs: stage.lateMs, statusOf, becomes, listening };
}

type Word = Presence['status'] | 'stale';

const word = ({ status, stale }: Presence): Word => (stale ? 'stale' : status);

async function one(board: PresenceBoard, space: string, userId: string): Promise<Presence> {
  const [presence] = await board.read(space, [userId]);
  if (!presence) throw new Error('a read answered nothing');
  return presence;
}
