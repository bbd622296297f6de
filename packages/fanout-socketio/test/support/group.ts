import type { Telling } from '@parley/core';
import type { TestCluster } from './cluster.ts';
import { tellings, untilHeard } from './nodes.ts';

/** A group of `ann` on the first node and of two more on the second, who have heard one message. */
export async function startGroup(cluster: TestCluster) {
  const { log } = cluster;
  const { no } = log.createGroup(['ann', 'ben', 'cat']);
  const ann = await cluster.client(1, 'ann', { groups: [no] });
  const ben = await cluster.client(2, 'ben', { groups: [no] });
  const cat = await cluster.client(2, 'cat', { groups: [no] });
  const tell = (telling: Telling) => cluster.node(1).fanout.tell(telling);
  const send = () => tell(tellings.created(log.append(no, 'ann', 'sent')));
  send();
  for (const client of [ann, ben, cat]) await untilHeard(client, no, 1);
  return { log, no, ann, ben, cat, tell, send };
}
