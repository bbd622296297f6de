import { createMetrics } from '@parley/node-kit';
import { until } from '@parley/testkit';
import { expect, it } from 'vitest';

it('tells how late the event loop was since the last scrape', async () => {
  const { registry } = createMetrics();
  const lag = async () => {
    const { values } = await registry.getSingleMetric('parley_event_loop_lag_p99_seconds')!.get();
    return values[0]?.value ?? Number.NaN;
  };
  const stallMs = 600;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
  // The first look is due 100 ms after the start, and comes when the stall is over.
  await until(async () => (await lag()) > (stallMs - 150) / 1_000, { what: 'the stall is told' });
  await until(async () => (await lag()) < stallMs / 2_000, { what: 'it is forgotten after the scrape' });
  expect(await registry.metrics()).not.toContain('nodejs_eventloop_lag');
});
