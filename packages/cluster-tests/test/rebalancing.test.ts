import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, nodeOf, sharedCluster, watchArrivals } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const parley = fileURLToPath(new URL('../../cluster/bin/parley', import.meta.url));
const ids = ['s1', 's2', 's3'];

/** `ended` settles with the lines that it said; `underWay` when it has begun to move clients. */
function rebalance(budget: string) {
  const command = spawn(parley, ['rebalance', '--budget', budget, '--dir', cluster.dir]);
  const said: string[] = [];
  createInterface({ input: command.stdout }).on('line', (line) => said.push(line));
  const ended = Promise.all([text(command.stderr), once(command, 'close')]).then(([error, [code]]) => {
    return { code: code as number, error, said };
  });
  const underWay = () =>
    until(() => said.some((line) => line.includes('clients move')), { what: 'clients begin to move' });
  return { underWay, ended };
}

describe('parley rebalance', () => {
  it('is an order as the others: nothing runs beside it, and nobody moves any more when it has ended', async () => {
    const run = createRun(cluster);
    const names = Array.from({ length: 9 }, (_, i) => `user${i}`);
    await run.users(...names);
    const nobody = async () => (await Promise.all(ids.map(connections))).every((count) => count === 0);
    await until(nobody, { what: 'the clients of before are gone' });
    const clients = await cluster.withNewSessionsOn(['s2'], async () => {
      const opened = names.map((name) => run.plain(name, { socket: { transports: ['websocket'] } }));
      await Promise.all(opened.map((client) => run.ready(client)));
      return opened;
    });
    const arrivals = watchArrivals(clients);

    // So slow that nodes are within the tolerance well before the last turn.
    const { underWay, ended } = rebalance('1/s');
    await underWay();
    const drain = cluster.obey({ name: 'drain', id: 's1', overMs: 0, perSecond: 50 });
    await expect(drain).rejects.toThrow('The cluster is busy: rebalance.');
    expect((await rebalance('50/s').ended).error).toContain('The cluster is busy: rebalance.');
    const { code, error, said } = await ended;
    expect({ code, error, last: said.at(-1) }).toEqual({
      code: 0,
      error: '',
      last: expect.stringMatching(/even: s1 3, s2 3, s3 3$/),
    });
    expect(arrivals).toHaveLength(6);
    expect(ids.map((id) => clients.filter((client) => nodeOf(client) === id).length)).toEqual([3, 3, 3]);
  });
});

const connections = (id: string): Promise<number> => cluster.metric(id, 'parley_connections');
