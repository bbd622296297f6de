import type { Transition } from '@parley/core';
import type { Presence } from '@parley/protocol';
import { createPresenceModel, testRedisPrefix, testRedisUrl } from '@parley/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { durationsFrom } from '../src/durations.ts';
import { scriptedShard } from './stage/scripted-shard.ts';

// Whole seconds, so that lives cross leases, youths and graces often.
const durations = durationsFrom({ leaseMs: 8_000, graceMs: 5_000, lostGraceMs: 15_000, keepMs: 60_000 });
const nodes = ['n1', 'n2', 'n3'];
const users = ['ana', 'bob', 'ana '].flatMap((userId) => [
  { space: 'one', userId },
  { space: 'two', userId },
]);

type Some = { node: string; connections: { space: string; userId: string; connectionId: string }[] };
type Steps = {
  /** Time passes, and these nodes renew; the others are dead or stalled. The shard itself is watched all the time. */
  pass: { ms: number; renewing: string[] };
  /** Nobody can renew. */
  freeze: { ms: number };
  retire: { node: string };
  come: Some;
  go: Some;
  again: Some;
  sweep: object;
};
type Step = { [Name in keyof Steps]: { do: Name } & Steps[Name] }[keyof Steps];

const node = fc.constantFrom(...nodes);
const connections = fc.uniqueArray(
  fc.record({ user: fc.constantFrom(...users), connectionId: fc.constantFrom('c1', 'c2') }).map((one) => ({
    ...one.user,
    connectionId: one.connectionId,
  })),
  { maxLength: 5, selector: ({ space, userId, connectionId }) => `${space}|${userId}|${connectionId}` },
);
const is = <Name extends keyof Steps>(name: Name) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('pass'),
      ms: fc.constantFrom(100, 1_000, 5_000, 9_000, 24_000),
      renewing: fc.subarray(nodes, { minLength: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is('freeze'), ms: fc.constantFrom(1_000, 3_000, 5_000, 30_000) }) },
  { weight: 1, arbitrary: fc.record({ do: is('retire'), node }) },
  { weight: 8, arbitrary: fc.record({ do: is('come'), node, connections }) },
  { weight: 5, arbitrary: fc.record({ do: is('go'), node, connections }) },
  { weight: 1, arbitrary: fc.record({ do: is('again'), node, connections }) },
  { weight: 6, arbitrary: fc.record({ do: is('sweep') }) },
);

let redis: Redis;
beforeAll(() => {
  redis = new Redis(testRedisUrl());
});
afterAll(() => redis.disconnect());

/** One life of a shard, lived twice: by the scripts and by the model. */
function lives(perCallMax: number) {
  const model = createPresenceModel(durations);
  const shard = scriptedShard(redis, testRedisPrefix(), durations, perCallMax);
  const rounds = new Map(nodes.map((name) => [name, 1]));
  const retired = new Set<string>();
  let now = 1_000_000;

  const renew = async (name: string) => {
    if (retired.has(name)) return;
    const said = await shard.by(name).renew();
    const expected = model.renew(now, name);
    expect({ leaseHeld: said.leaseHeld, count: said.count, unsure: said.unsureMs > 0 }).toEqual(expected);
  };
  const freeze = async (ms: number) => {
    now += ms;
    await shard.setClock(now);
  };
  const pass = async (ms: number, renewing: readonly string[]) => {
    for (let left = ms; left > 0; left -= durations.renewMs) {
      await freeze(Math.min(left, durations.renewMs));
      for (const name of ['watcher', ...renewing]) await renew(name);
    }
  };
  const act: { [Name in keyof Steps]: (step: Steps[Name]) => Promise<void> } = {
    pass: ({ ms, renewing }) => pass(ms, renewing),
    freeze: ({ ms }) => freeze(ms),
    async retire(step) {
      retired.add(step.node);
      await shard.by(step.node).retire();
      model.retire(now, step.node);
    },
    async come({ node: name, connections: some }) {
      const round = rounds.get(name) ?? 1;
      const { leaseMissing } = await shard.by(name).register(round, shard.membersOf(name, some));
      expect(!leaseMissing).toBe(model.register(now, name, round, some));
    },
    async go({ node: name, connections: some }) {
      await shard.by(name).release(shard.membersOf(name, some), durations.graceMs);
      model.release(now, name, some);
    },
    async again({ node: name, connections: some }) {
      const round = (rounds.get(name) ?? 1) + 1;
      rounds.set(name, round);
      await shard.by(name).register(round, shard.membersOf(name, some));
      model.register(now, name, round, some);
      await shard.settleAll(name, round);
      model.settle(now, name, round);
    },
    async sweep() {
      await shard.sweepAll();
      model.sweep(now);
    },
  };
  return {
    /** Old enough to tell. */
    begin: () => pass(durations.youthMs + durations.renewMs, nodes),
    take: (one: Step) => (act[one.do] as (step: Step) => Promise<void>)(one),
    read: () => Promise.all(users.map(({ space, userId }) => shard.read(space, userId))),
    expected: () => users.map(({ space, userId }) => model.read(now, space, userId)),
    online: () => Promise.all(['one', 'two'].map((space) => shard.online(space))),
    expectedOnline: () => ['one', 'two'].map((space) => model.online(now, space)),
    announced: () => shard.takeAnnounced(),
    expectedAnnounced: () => model.takeAnnounced(),
  };
}

describe('the scripts', () => {
  it('do what the plain rules say, in every order of events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
        const life = lives(250);
        await life.begin();
        for (const one of steps) {
          await life.take(one);
          expect(sorted(await life.announced())).toEqual(sorted(life.expectedAnnounced()));
          expect(await life.read()).toEqual(life.expected());
          expect(await life.online()).toEqual(life.expectedOnline());
        }
      }),
      { numRuns: 100 },
    );
  });

  it('leave a node alone that renewed between being noticed as lost and being lost', async () => {
    const shard = scriptedShard(redis, testRedisPrefix(), durations, 250);
    const ana = { space: 'one', userId: 'ana', connectionId: 'c1' };
    let now = 1_000_000;
    await shard.setClock(now);
    const wait = async (ms: number, renewing: readonly string[]) => {
      for (const end = now + ms; now < end; ) {
        now += durations.renewMs;
        await shard.setClock(now);
        for (const name of renewing) await shard.by(name).renew();
      }
    };
    await wait(durations.youthMs + durations.renewMs, ['n1', 'watcher']);
    await shard.by('n1').register(1, shard.membersOf('n1', [ana]));
    await wait(durations.leaseMs, ['watcher']);
    expect((await shard.by('watcher').sweep()).gone).toEqual(['n1']);
    await shard.by('n1').renew();
    expect(await shard.by('watcher').lose('n1')).toEqual({ moved: 0, left: 0, announced: 0 });
    expect(await shard.read('one', 'ana')).toEqual({ userId: 'ana', status: 'online' });
  });

  it('never announce what is so already, and what they announced is what they answer, also in small portions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
        const life = lives(1);
        await life.begin();
        let known = await life.read();
        for (const one of steps) {
          await life.take(one);
          const heard = await life.announced();
          const answers = await life.read();
          expect(answers).toEqual(life.expected());
          expect(await life.online()).toEqual(life.expectedOnline());
          // Watchers of a shard that cannot tell read everything again once it can.
          if (known.some(({ status }) => status === 'unknown') || answers.some(({ status }) => status === 'unknown')) {
            known = answers;
            continue;
          }
          known = heard.reduce(hear, known);
          expect(known).toEqual(answers);
        }
      }),
      { numRuns: 100 },
    );
  });
});

function hear(known: Presence[], { space, presence: told }: Transition): Presence[] {
  const { lastSeen: _lastSeen, ...presence } = told;
  return known.map((before, i) => {
    if (users[i]?.space !== space || before.userId !== presence.userId) return before;
    expect(presence).not.toEqual(before);
    return presence;
  });
}

function sorted(transitions: readonly Transition[]): string[] {
  return transitions.map((transition) => JSON.stringify(transition)).sort();
}
