import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import { createRun, gather, nodeOf, perSecondMax, sharedCluster, talk, watchArrivals } from '../src/index.ts';

const users = Number(process.env['PARLEY_CLIENTS'] ?? 300);
const perSecond = 20;
const parley = fileURLToPath(new URL('../../cluster/bin/parley', import.meta.url));

describe('a cluster that grows under its clients', () => {
  it(`${users} clients: after two more nodes and parley rebalance every node is within 10 % of the mean`, async () => {
    const cluster = sharedCluster();
    await cluster.whole();
    const run = createRun(cluster);
    const crowd = await gather(run, { users });
    const everybody = [...crowd.talkers.map(({ client }) => client), ...crowd.plains];
    // Only the first talkers talk: the others are silent, and are to move first.
    const busy = crowd.talkers.slice(0, 20);
    const load = talk(busy, { perSecond: 20 });
    const arrivals = watchArrivals(everybody);
    const busyArrivals = watchArrivals(busy.map(({ client }) => client));
    await cluster.obey({ name: 'scale', counts: { socket: 5 }, perSecond });
    expect(arrivals, 'a node that comes moves nobody').toEqual([]);

    const command = spawn(parley, ['rebalance', '--budget', `${perSecond}/s`, '--dir', cluster.dir]);
    const [said, error] = await Promise.all([text(command.stdout), text(command.stderr), once(command, 'close')]);
    // It ends as soon as nodes are even enough, while the last that it told to move are still to go.
    const told = [...said.matchAll(/(\d+) clients move/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    await until(() => arrivals.length >= told && everybody.every((client) => nodeOf(client) !== undefined), {
      what: `the ${told} that were told to move have moved, and everybody is back`,
      withinMs: 15_000,
    });
    await load.end();
    const { violations } = await run.verdict({ withinMs: 30_000 });
    const counts = Object.values(Object.groupBy(everybody, (client) => nodeOf(client) ?? '')).map(
      (all) => all?.length ?? 0,
    );
    const mean = users / 5;
    console.log(
      [
        said.trim(),
        `${arrivals.length} sessions moved, ${busyArrivals.length} of them of the ${busy.length} clients that talk; at most ${perSecondMax(arrivals)} in any second (the bound: ${perSecond})`,
        `clients on the nodes afterwards: ${counts.join(', ')} (mean ${mean})`,
        `${load.acks.length} messages acknowledged, none refused; ${violations.length} violations`,
      ].join('\n'),
    );
    expect(error).toBe('');
    expect(violations).toEqual([]);
    expect(busyArrivals, 'who talks is the last to move').toEqual([]);
    expect(counts).toHaveLength(5);
    for (const count of counts) expect(Math.abs(count - mean)).toBeLessThanOrEqual(mean * 0.1);
    expect(perSecondMax(arrivals)).toBeLessThanOrEqual(perSecond);
  });
});
