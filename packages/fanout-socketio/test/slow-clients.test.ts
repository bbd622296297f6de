import { until } from '@parley/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { startCluster } from './support/cluster.ts';
import { startDeafClient } from './support/deaf-client.ts';
import { tellings, untilHeard, upTo } from './support/nodes.ts';

it('a client that stopped reading is cut, and the others notice nothing', { timeout: 30_000 }, async () => {
  const { log, node, client } = await startCluster({ nodes: 1, onEnd: onTestFinished });
  const { no } = log.createGroup(['ann', 'ben']);
  const ann = await client(1, 'ann', { groups: [no] });
  const deaf = await startDeafClient(node(1).url, { userId: 'ben', groups: [no] });
  onTestFinished(() => void deaf.destroy());
  const sent = 2_000;
  for (const i of upTo(sent)) {
    node(1).fanout.tell(tellings.created(log.append(no, 'ann', 'x'.repeat(8_000))));
    if (i % 50 === 0) await untilHeard(ann, no, i);
  }
  await until(() => node(1).io.of('/').sockets.size === 1, { what: 'the deaf client is gone' });
  expect(await node(1).count('slow_clients_total')).toBe(1);
  expect(ann.seqs(no)).toEqual(upTo(sent));
});
