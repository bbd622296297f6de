import { expect, it } from 'vitest';
import { openInNode } from '../lib/open-node.ts';
import { createMember } from '../lib/oracle.ts';
import { createClient } from '../scenarios/person.ts';
import { watchTruth } from '../scenarios/presence.ts';
import { type Fault, smallCrowd, startFaultyServer } from './faulty-server.ts';
import { createMeasures } from './measures.ts';

/** The one whom such a server wrongs comes in and is judged at once. */
async function judged(fault: Fault) {
  const server = await startFaultyServer(fault);
  const { plan, seats } = smallCrowd(server.url);
  const measures = createMeasures();
  const level = Promise.withResolvers<void>();
  const findings = createFindings(measures.add);
  const client = createClient({
    plan,
    seats,
    seat: seats[1]!,
    open: openInNode,
    member: createMember(findings),
    stored: new Map([[0, 1]]),
    random: () => 0,
    truth: watchTruth(() => undefined),
    measure(name, value) {
      measures.add(name, value);
      if (name === 'parley_connected') level.resolve();
    },
  });
  client.enter();
  await level.promise;
  await new Promise<void>((settled) => client.settle(Date.now(), settled));
  client.close();
  await server.close();
  return measures.counts();
}

const createFindings = (add: ReturnType<typeof createMeasures>['add']) => ({
  lost: (messages: number) => add('parley_lost', messages),
  duplicated: () => undefined,
  reordered: () => undefined,
  gapRepaired: () => undefined,
  staleMs: () => undefined,
  deliveryMs: () => undefined,
});

it('a client that could ask what it lacks is judged', async () => {
  expect(await judged('none')).toMatchObject({ parley_judged: 1, parley_lost: 1 });
});

it('a client that nobody answers holds nobody up, lacks what others know was stored, and does not count as judged', async () => {
  expect(await judged('mutes')).toMatchObject({ parley_judged: 0, parley_lost: 1 });
});
