import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type Run, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

describe('resuming', () => {
  it('a client that comes back on another node has exactly what it missed', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const direct = await run.direct('ada', 'bob');
    const way = await run.proxy();
    const [ada, bob] = [run.plain('ada'), run.sdk('bob', { url: way.url })];
    await Promise.all([run.ready(ada), bob.caughtUp()]);
    const slots = await slotsOfNodes(run);
    const nodes: string[] = [];
    bob.on('state', (state) => {
      if (state.name === 'online') nodes.push(state.nodeId);
    });
    nodes.push(bob.state.name === 'online' ? bob.state.nodeId : '');
    for (let round = 0; round < 4; round += 1) {
      await ada.send(direct, `before ${round}`);
      const others = [...slots].flatMap(([nodeId, slot]) => (nodeId === nodes.at(-1) ? [] : [slot]));
      expect(others).toHaveLength(2);
      await cluster.withNewSessionsOn(others, async () => {
        way.cut();
        for (let i = 0; i < 10; i += 1) await ada.send(direct, `while away ${round}.${i}`);
        await until(() => bob.state.name === 'online', { what: 'bob is back', withinMs: 10_000 });
      });
      expect(nodes.at(-1)).not.toBe(nodes.at(-2));
    }
    const { violations } = await run.verdict();
    expect(violations).toEqual([]);
    expect(nodes).toHaveLength(5);
  });

  it('a client whose answers were lost sends again, and nothing is there twice', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const direct = await run.direct('ada', 'bob');
    const way = await run.proxy();
    const [ada, bob] = [run.sdk('ada', { url: way.url, commandTimeoutMs: 1_000 }), run.plain('bob')];
    await Promise.all([ada.caughtUp(), run.ready(bob)]);
    for (let round = 0; round < 5; round += 1) {
      way.swallowAnswers(true);
      const sent = ada.send({ conversationId: direct, body: `round ${round}` });
      await until(() => bob.heard.length === round + 1, { what: 'the message arrives' });
      way.cut();
      way.swallowAnswers(false);
      await sent;
    }
    const { violations, history } = await run.verdict();
    expect(violations).toEqual([]);
    expect(history.sends.filter(({ outcome }) => outcome.type === 'ok' && outcome.duplicate)).toHaveLength(5);
  });

  it('a client that was away for more than a page has all of it', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const direct = await run.direct('ada', 'bob');
    const way = await run.proxy();
    const [ada, bob] = [run.plain('ada'), run.sdk('bob', { url: way.url })];
    await Promise.all([run.ready(ada), bob.caughtUp()]);
    way.freeze();
    way.cut();
    // 450 messages of 1,000 bytes: below what `sync` gives at most in number, above what one answer may hold in bytes.
    for (let batch = 0; batch < 9; batch += 1) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => ada.send(direct, `${batch}.${i} `.padEnd(1_000, 'x'))));
    }
    way.thaw();
    way.cut();
    const { violations } = await run.verdict();
    expect(violations).toEqual([]);
  });
});

/** By the names of the nodes, which begin with their slots only where they were told them beforehand. */
async function slotsOfNodes(run: Run): Promise<Map<string, string>> {
  const slots = new Map<string, string>();
  for (const slot of ['s1', 's2', 's3']) {
    const { nodeId } = await cluster.withNewSessionsOn([slot], () => run.ready(run.plain('ada')));
    slots.set(nodeId, slot);
  }
  return slots;
}
