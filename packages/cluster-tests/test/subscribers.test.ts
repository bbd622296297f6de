import type { Client } from '@parley/client';
import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type PlainClient, type Run, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const rounds = 500;
const cutsAt = [Math.floor(rounds / 3), Math.floor((2 * rounds) / 3), rounds];
const repairedWithinMs = 10_000;

describe('subscribers whose connection is cut three times in a flow of 1,500 messages', () => {
  it('miss nothing: not the last message, not an edit, not a receipt, also where clients ignore seq', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob', 'cy', 'dee');
    const [group, direct] = await Promise.all([run.group('ada', 'bob', 'cy', 'dee'), run.direct('cy', 'dee')]);
    const [ada, bob, cy] = await cluster.withNewSessionsOn(['s1'], () =>
      Promise.all([connect(run, 'ada'), connect(run, 'bob'), connect(run, 'cy')]),
    );
    const listeners = [await listenOn('s2', run, group), await listenOn('s3', run, group)];

    const edits = new Map<string, string>();
    let own = '';
    for (let round = 1; round <= rounds; round += 1) {
      // In the moment in which nobody is subscribed; and after the third one nothing follows.
      const isCut = cutsAt.includes(round);
      const cut = isCut ? cluster.cutSubscribers() : undefined;
      if (isCut) edits.set(own, `ada's last but one, edited in ${round}`);
      const [answer] = await Promise.all([
        ada.send(group, `ada ${round}`),
        bob.send(group, `bob ${round}`),
        cy.send(direct, `cy ${round}`),
        isCut && ada.call('message.edit', { messageId: own, body: edits.get(own) ?? '' }),
        isCut && bob.call('receipt.read', { conversationId: group, seq: 2 * round - 2 }),
      ]);
      own = answer?.ok ? answer.id : '';
      if (cut) expect(await cut, 'subscribers that were cut').toBeGreaterThanOrEqual(3);
    }

    const { violations } = await run.verdict();
    expect(violations).toEqual([]);
    const wanted = { edits, readSeq: 2 * rounds - 2 };
    for (const { plain, sdk, told } of listeners) {
      expect(plain.heard).toHaveLength(3 * rounds);
      await until(() => tells(told, wanted), {
        what: 'a client that ignores numbers hears every edit and the last receipt',
        withinMs: repairedWithinMs,
      });
      await until(() => tells(shown(sdk, group, bob.userId), wanted), {
        what: 'a client that repairs itself shows them',
        withinMs: repairedWithinMs,
      });
    }
  });
});

/** Bodies of messages that were edited, by id, and how far somebody has read. */
type Told = { edits: Map<string, string>; readSeq: number };

async function connect(run: Run, name: string): Promise<PlainClient> {
  const client = run.plain(name, { socket: { transports: ['websocket'] } });
  await run.ready(client);
  return client;
}

/** Two devices of one user on a node: one ignores all numbers, the other repairs itself. */
async function listenOn(slot: string, run: Run, group: string) {
  return cluster.withNewSessionsOn([slot], async () => {
    const [plain, sdk] = [await connect(run, 'dee'), run.sdk('dee')];
    const told: Told = { edits: new Map(), readSeq: 0 };
    plain.on('message.edited', ({ id, body }) => void told.edits.set(id, body));
    plain.on('receipt.advanced', ({ conversationId, readSeq }) => {
      if (conversationId === group) told.readSeq = Math.max(told.readSeq, readSeq);
    });
    await sdk.caughtUp();
    return { plain, sdk, told };
  });
}

function shown(sdk: Client, group: string, reader: string): Told {
  const view = sdk.conversation(group);
  return {
    edits: new Map(view?.messages.map(({ id, body }) => [id, body])),
    readSeq: view?.receipts.get(reader)?.readSeq ?? 0,
  };
}

function tells(told: Told, wanted: Told): boolean {
  return told.readSeq === wanted.readSeq && [...wanted.edits].every(([id, body]) => told.edits.get(id) === body);
}
