import { setTimeout as pause } from 'node:timers/promises';
import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import { plan } from '../src/chaos/faults.ts';
import { createRun, gather, percentile, sharedCluster, talk } from '../src/index.ts';

const faultsMax = Number(process.env['PARLEY_FAULTS'] ?? 30);
const seed = Number(process.env['PARLEY_SEED'] ?? 1);
/** Long enough for a lease to end and for a client to give up a connection. */
const holdMs = 3_000;
const calmMs = 2_000;
const groupsMax = 6;
const groupSize = 5;

describe('a storm of faults', () => {
  it(`${faultsMax} faults one after the other under load: I1–I7 and I11 hold, and all converge (seed ${seed})`, async () => {
    const cluster = sharedCluster();
    await cluster.whole();
    const run = createRun(cluster);
    // Half of them repair themselves and talk; the others take what comes.
    const { talkers } = await gather(run, { users: groupsMax * groupSize, perGroup: groupSize });
    const load = talk(talkers, { perSecond: 50 });
    const lines: string[] = [];
    for (const [i, fault] of plan(seed, faultsMax).entries()) {
      const before = load.acks.length;
      const startedAt = performance.now();
      await fault.inflict(cluster, holdMs);
      await until(() => load.acks.some(({ at }) => at > performance.now() - 500), {
        what: `sends are acknowledged again after: ${fault.name}`,
        withinMs: 30_000,
      });
      const tookMs = Math.round(performance.now() - startedAt);
      lines.push(
        `${String(i + 1).padStart(3)}  ${fault.name.padEnd(44)} ${String(tookMs).padStart(6)} ms, ${load.acks.length - before} acknowledged meanwhile`,
      );
      await pause(calmMs);
    }
    await load.end();

    const { violations, convergedMs } = await run.verdict({ withinMs: 20_000 });
    const times = load.acks.map(({ ms }) => ms);
    console.log(
      [
        ...lines,
        `${load.acks.length} messages acknowledged; p50 ${Math.round(percentile(times, 0.5))} ms, p99 ${Math.round(percentile(times, 0.99))} ms, worst ${Math.round(Math.max(...times))} ms`,
        `all clients converged ${Math.round(convergedMs)} ms after the last acknowledgement; ${violations.length} violations`,
      ].join('\n'),
    );
    expect(violations).toEqual([]);
  });
});
