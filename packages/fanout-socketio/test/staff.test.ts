import type { Telling } from '@parley/core';
import { staffId } from '@parley/protocol';
import { silence, until } from '@parley/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCluster } from './support/cluster.ts';
import { type Client, tellings, untilHeard, upTo } from './support/nodes.ts';

const off = { hold: false, tail: false, resync: false };
const never = 3_600_000;

async function begin(nets: { hold?: boolean; tail?: boolean; resync?: boolean } = {}, tailEveryMs = never) {
  const cluster = await startCluster({ nodes: 2, onEnd: onTestFinished, nets: { ...off, ...nets }, tailEveryMs });
  const tell = (number: number, all: readonly Telling[]) => {
    for (const telling of all) cluster.node(number).fanout.tell(telling);
  };
  return { ...cluster, tell };
}

const senders = (client: Client) => client.heard('message.created').map(({ senderId }) => senderId);

describe('an announcement', () => {
  it('reaches every socket of the space, on every node, by one frame', async () => {
    const { log, client, tell, node } = await begin();
    const { no } = log.openAnnouncement();
    const clients = [await client(1, 'ann'), await client(2, 'ben'), await client(2, 'boss', { role: 'admin' })];
    tell(1, tellings.createdToAll(log.append(no, staffId, 'to all', 'boss')));
    for (const each of clients) await untilHeard(each, no, 1);
    expect(clients.flatMap(senders)).toEqual([staffId, staffId, staffId]);
    expect(await node(1).count('told_total')).toBe(1);
  });

  it.each([
    ['the tail', { tail: true }, 100],
    ['a comparison', { resync: true }, never],
    ['what is told next', { hold: true }, never],
  ] as const)('that was lost is made up for by %s, also the first one of a space', async (net, nets, everyMs) => {
    const { log, client, tell, node } = await begin(nets, everyMs);
    const clients = [await client(1, 'ann'), await client(2, 'ben')];
    const { no } = log.openAnnouncement();
    if (net !== 'the tail') tell(1, tellings.createdToAll(log.append(no, staffId, 'told', 'boss')));
    if (net !== 'the tail') for (const each of clients) await untilHeard(each, no, 1);
    log.append(no, staffId, 'lost', 'boss');
    if (net === 'a comparison') for (const number of [1, 2]) node(number).fanout.repairAll('lease');
    if (net === 'what is told next') tell(1, tellings.createdToAll(log.append(no, staffId, 'next', 'boss')));
    const all = log.standingOf(no).lastSeq;
    for (const each of clients) {
      await untilHeard(each, no, all);
      expect(each.seqs(no)).toEqual(upTo(all));
      expect(new Set(senders(each))).toEqual(new Set([staffId]));
    }
  });
});

describe('a support thread', () => {
  it('is heard by its user, who learns nothing of the staff, and by all of the staff, who learn who it was', async () => {
    const { log, client, tell } = await begin();
    const { no } = log.openSupport('ann');
    const [ann, other] = [await client(1, 'ann'), await client(1, 'ben')];
    const staff = [await client(1, 'agent-x', { role: 'agent' }), await client(2, 'agent-y', { role: 'admin' })];
    const quiet = silence(other.socket, 'message.created');
    tell(2, tellings.createdToAll(log.append(no, 'ann', 'help')));
    tell(2, tellings.createdToAll(log.append(no, staffId, 'coming', 'agent-x')));
    tell(1, tellings.createdToAll(log.append(no, staffId, 'here', 'agent-y')));
    for (const each of [ann, ...staff]) await untilHeard(each, no, 3);
    await quiet;
    expect(senders(ann)).toEqual(['ann', staffId, staffId]);
    for (const each of staff) expect(senders(each)).toEqual(['ann', 'agent-x', 'agent-y']);
  });

  it('is told in one order, what two agents answer at once', async () => {
    const { log, client, tell } = await begin({ hold: true });
    const { no } = log.openSupport('ann');
    const all = [await client(2, 'ann'), await client(1, 'agent-x', { role: 'agent' })];
    const [x, y] = [log.append(no, staffId, 'x', 'agent-x'), log.append(no, staffId, 'y', 'agent-y')];
    tell(2, tellings.createdToAll(y));
    tell(1, tellings.createdToAll(x));
    for (const each of all) {
      await untilHeard(each, no, 2);
      expect(each.seqs(no)).toEqual([1, 2]);
    }
  });

  it.each([
    ['the tail', { tail: true }, 100],
    ['a comparison', { resync: true }, never],
  ] as const)('is repaired by %s as it would have been told: masked for the user alone', async (net, nets, everyMs) => {
    const { log, client, tell, node } = await begin(nets, everyMs);
    const { no } = log.openSupport('ann');
    const [ann, agent] = [await client(1, 'ann'), await client(2, 'agent-x', { role: 'agent' })];
    tell(1, tellings.createdToAll(log.append(no, 'ann', 'help')));
    for (const each of [ann, agent]) await untilHeard(each, no, 1);
    log.append(no, staffId, 'lost', 'agent-y');
    log.edit(no, 2, 'lost and edited');
    if (net === 'a comparison') for (const number of [1, 2]) node(number).fanout.repairAll('lease');
    const edits = (each: Client) => each.heard('message.edited').map(({ senderId, body }) => [senderId, body]);
    for (const each of [ann, agent]) await until(() => edits(each).length === 1, { what: 'the repaired edit' });
    expect([senders(ann)[1], ...edits(ann)]).toEqual([staffId, [staffId, 'lost and edited']]);
    expect([senders(agent)[1], ...edits(agent)]).toEqual(['agent-y', ['agent-y', 'lost and edited']]);
  });
});
