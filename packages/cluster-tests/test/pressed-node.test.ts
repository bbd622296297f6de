import { press } from '@parley/cluster';
import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createRun, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const sendsMax = 20;
/** What `EventLoopBusy` counts. */
const busyMin = 0.9;

describe('a socket node that is asked for more than it can do', () => {
  it('says that it computes without a pause, it alone, and still acknowledges within a second', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'ben');
    const conversationId = await run.direct('ada', 'ben');
    const client = await cluster.withNewSessionsOn(['s2'], async () => {
      const made = run.plain('ada', { socket: { transports: ['websocket'] } });
      await run.ready(made);
      return made;
    });
    const nodes = await cluster.nodes();
    const pressing = await press(nodes.find(({ id }) => id === 's2') ?? expect.fail());
    onTestFinished(() => void pressing.end());
    const others = nodes.filter(({ id }) => id !== 's2');
    const busyOf = (id: string) => cluster.metric(id, 'parley_event_loop_utilization_ratio');
    await Promise.all(others.map(({ id }) => busyOf(id)));

    for (let i = 0; i < sendsMax; i += 1) {
      const sentAt = performance.now();
      expect((await client.send(conversationId, `${i}`))?.ok).toBe(true);
      expect(performance.now() - sentAt, 'ms').toBeLessThan(1_000);
    }
    await until(async () => (await pressing.busy()) > busyMin, { what: 'it says so' });
    expect(Math.max(...(await Promise.all(others.map(({ id }) => busyOf(id)))))).toBeLessThan(busyMin);
    expect(pressing.end()).toBeGreaterThan(0);
  });
});
