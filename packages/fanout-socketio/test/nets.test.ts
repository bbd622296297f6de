import type { Telling } from '@parley/core';
import { conversationId, limits } from '@parley/protocol';
import { testRedisUrl, until } from '@parley/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCluster } from './support/cluster.ts';
import { type Client, tellings, untilHeard, upTo } from './support/nodes.ts';
import { createRogue } from './support/rogue.ts';

const off = { hold: false, tail: false, resync: false };
const never = 3_600_000;

/** A group and a direct conversation, each with one message that was told; then something is written and not told. */
async function begin(nets: { hold?: boolean; tail?: boolean; resync?: boolean }, tailEveryMs = never) {
  const cluster = await startCluster({ nodes: 2, onEnd: onTestFinished, nets: { ...off, ...nets }, tailEveryMs });
  const { log } = cluster;
  const group = log.createGroup(['ann', 'ben']).no;
  const direct = log.openDirect('ann', 'ben').no;
  const ann = await cluster.client(1, 'ann', { groups: [group] });
  const ben = await cluster.client(2, 'ben', { groups: [group] });
  const tell = (telling: Telling) => cluster.node(1).fanout.tell(telling);
  for (const no of [group, direct]) tell(tellings.created(log.append(no, 'ann', 'told')));
  for (const client of [ann, ben]) await Promise.all([untilHeard(client, group, 1), untilHeard(client, direct, 1)]);
  return { ...cluster, group, direct, ann, ben, tell };
}

type Begun = Awaited<ReturnType<typeof begin>>;

/** What is written and never told, and how its repair is recognised. */
const losses = {
  'a lost last message': {
    lose: ({ log }: Begun, no: number) => log.append(no, 'ann', 'lost'),
    found: (client: Client, no: number) => client.seqs(no).length === 2,
    kind: 'message.created',
  },
  'a lost edit': {
    lose: ({ log }: Begun, no: number) => log.edit(no, 1, 'edited'),
    found: (client: Client, _no: number) => client.heard('message.edited').some(({ body }) => body === 'edited'),
    kind: 'message.edited',
  },
  'a lost receipt': {
    lose: ({ log }: Begun, no: number) => log.read(no, 'ben', 1),
    found: (client: Client, _no: number) => client.heard('receipt.advanced').some(({ readSeq }) => readSeq === 1),
    kind: 'receipt.advanced',
  },
} as const;

describe.each(Object.entries(losses))('%s', (_, { lose, found, kind }) => {
  it.each(['group', 'direct'] as const)('is made up for by the tail alone, in a %s', async (where) => {
    const begun = await begin({ tail: true }, 100);
    lose(begun, begun[where]);
    for (const client of [begun.ann, begun.ben]) await until(() => found(client, begun[where]), { what: 'the repair' });
    expect(await begun.node(2).count('repaired_total', { net: 'tail', kind })).toBe(1);
  });

  it.each(['group', 'direct'] as const)('is made up for by a comparison alone, in a %s', async (where) => {
    const begun = await begin({ resync: true });
    lose(begun, begun[where]);
    begun.node(2).fanout.repairAll('lease');
    await until(() => found(begun.ben, begun[where]), { what: 'the repair' });
    expect(await begun.node(2).count('repaired_total', { net: 'resync', kind })).toBe(1);
    expect(found(begun.ann, begun[where])).toBe(false);
  });

  it.each(['group', 'direct'] as const)('shows in what is told next, in a %s', async (where) => {
    const begun = await begin({ hold: true });
    lose(begun, begun[where]);
    const { log, tell } = begun;
    tell(
      kind === 'message.created'
        ? tellings.created(log.append(begun[where], 'ann', 'next'))
        : tellings.edited(log.edit(begun[where], 1, 'again')),
    );
    // An edit after a lost edit carries the newest state: the repair tells that state once, and the edit itself is old.
    const isThere = (client: Client) =>
      kind === 'message.edited'
        ? client.heard('message.edited').some(({ body }) => body === 'again')
        : kind === 'message.created'
          ? client.seqs(begun[where]).length === 3
          : found(client, begun[where]);
    for (const client of [begun.ann, begun.ben]) await until(() => isThere(client), { what: 'the repair' });
    expect(await begun.node(2).count('repaired_total', { net: 'hold' })).toBeGreaterThan(0);
    expect(begun.ben.seqs(begun[where])).toEqual(upTo(begun.ben.seqs(begun[where]).length));
  });
});

/** How often messages are asked of the log from now on. */
function countQuestions(log: Begun['log']): () => number {
  const messages = log.messages.bind(log);
  let asked = 0;
  log.messages = (...question) => {
    asked++;
    return messages(...question);
  };
  return () => asked;
}

/** How often somebody read what moved, from now on. */
function countReadings(log: Begun['log']): () => number {
  const moves = log.moves.bind(log);
  let read = 0;
  log.moves = (since) => {
    read++;
    return moves(since);
  };
  return () => read;
}

describe('without any net', () => {
  it('nothing is told past a hole, and nothing before it is lost', async () => {
    const begun = await begin({});
    begun.log.append(begun.group, 'ann', 'lost');
    begun.tell(tellings.created(begun.log.append(begun.group, 'ann', 'held')));
    begun.tell(tellings.created(begun.log.append(begun.direct, 'ann', 'elsewhere')));
    for (const client of [begun.ann, begun.ben]) {
      await untilHeard(client, begun.direct, 2);
      expect(client.seqs(begun.group)).toEqual([1]);
    }
  });
});

describe('the hole before a held message', () => {
  it('stays closed while the log is away, and is filled when it is back', async () => {
    const begun = await begin({ hold: true });
    const { log, group, direct, ben, tell } = begun;
    log.append(group, 'ann', 'lost');
    log.setAway(true);
    tell(tellings.created(log.append(group, 'ann', 'held')));
    await until(async () => (await begun.node(2).count('holes_total')) >= 2, { what: 'the log is asked again' });
    expect(ben.seqs(group)).toEqual([1]);
    tell(tellings.created(log.append(direct, 'ann', 'not concerned')));
    await untilHeard(ben, direct, 2);
    log.setAway(false);
    await untilHeard(ben, group, 3);
    expect(ben.seqs(group)).toEqual([1, 2, 3]);
  });

  it('is read once for all rooms of a node, and in the order of the log', async () => {
    const begun = await begin({ hold: true });
    const { log, direct, tell } = begun;
    const other = await begun.client(2, 'ann');
    const questions = countQuestions(log);
    const lost = 30;
    for (let i = 0; i < lost; i++) log.append(direct, 'ann', 'lost');
    tell(tellings.created(log.append(direct, 'ann', 'next')));
    for (const client of [begun.ben, begun.ann]) {
      await untilHeard(client, direct, lost + 2);
      expect(client.seqs(direct)).toEqual(upTo(lost + 2));
    }
    await untilHeard(other, direct, lost + 1);
    expect(other.seqs(direct)).toEqual(upTo(lost + 2).slice(1));
    // One for each node, although two inboxes of the second one miss the same.
    expect(questions()).toBe(2);
  });
});

describe('the tail', () => {
  it('finds a direct conversation of which nothing was heard, from its beginning', async () => {
    const begun = await begin({ tail: true }, 100);
    const { no } = begun.log.openDirect('ben', 'zoe');
    for (let i = 0; i < 3; i++) begun.log.append(no, 'zoe', 'unheard');
    await untilHeard(begun.ben, no, 3);
    expect(begun.ben.seqs(no)).toEqual([1, 2, 3]);
    expect(begun.ben.heard('conversation.changed').length).toBe(1);
  });

  it('brings a member whose invitation was lost into the room', async () => {
    const begun = await begin({ tail: true }, 100);
    const cat = await begun.client(2, 'cat');
    begun.log.addMember(begun.group, 'cat');
    await until(() => cat.heard('conversation.changed').length > 0, { what: 'the invitation' });
    begun.tell(tellings.created(begun.log.append(begun.group, 'ann', 'welcome')));
    await untilHeard(cat, begun.group, 1);
    expect(cat.seqs(begun.group)).toEqual([2]);
  });

  it('tells a member whose invitation was lost what was said since, although others in the room have heard it', async () => {
    const begun = await begin({ tail: true }, 100);
    const { log, group, ben } = begun;
    const cat = await begun.client(2, 'cat');
    log.addMember(group, 'cat');
    for (let i = 0; i < 3; i++) begun.tell(tellings.created(log.append(group, 'ann', 'told to ben')));
    await Promise.all([untilHeard(ben, group, 4), untilHeard(cat, group, 3)]);
    begun.tell(tellings.created(log.append(group, 'ann', 'told to both')));
    await Promise.all([untilHeard(ben, group, 5), untilHeard(cat, group, 4)]);
    expect([ben.seqs(group), cat.seqs(group)]).toEqual([upTo(5), upTo(5).slice(1)]);
  });

  it('tells a new group from its beginning, also when it has changed since', async () => {
    const begun = await begin({ tail: true }, 100);
    const { no } = begun.log.createGroup(['ben', 'zoe']);
    for (let i = 0; i < 3; i++) begun.log.append(no, 'zoe', 'unheard');
    begun.log.read(no, 'zoe', 3);
    await untilHeard(begun.ben, no, 3);
    begun.tell(tellings.created(begun.log.append(no, 'zoe', 'heard')));
    await untilHeard(begun.ben, no, 4);
    expect(begun.ben.seqs(no)).toEqual(upTo(4));
    expect(begun.ben.heard('conversation.changed').map(({ members }) => members.length)).toEqual([1]);
  });

  it('hints at a group that a member of very many has not joined', async () => {
    const begun = await begin({ tail: true }, 100);
    const groups = upTo(limits.headsMax).map(() => begun.log.createGroup(['max', 'ann']).no);
    const { no } = begun.log.createGroup(['max', 'ann']);
    const reads = countReadings(begun.log);
    await until(() => reads() >= 4, { what: 'both tails have read of the groups' });
    const max = await begun.client(2, 'max', { groups });
    begun.tell(tellings.created(begun.log.append(no, 'ann', 'not joined')));
    await until(() => max.heard('heads').length > 0, { what: 'the hint' });
    expect(max.heard('heads')[0]?.conversations).toEqual([{ id: conversationId(no), lastSeq: 1, rev: 1 }]);
    expect(begun.ben.heard('heads')).toEqual([]);
  });

  it('has everything compared after the process stood still for as long as its lease lives', async () => {
    const begun = await begin({ tail: true, resync: true }, 50);
    const resyncs = () => begun.node(1).count('resyncs_total', { trouble: 'lease' });
    const before = await resyncs();
    const until600 = performance.now() + 600;
    while (performance.now() < until600);
    await until(async () => (await resyncs()) > before, { what: 'the comparison' });
  });

  it('does nothing where everything was told', async () => {
    const begun = await begin({ hold: true, tail: true, resync: true }, 20);
    for (let i = 0; i < 200; i++) {
      begun.tell(tellings.created(begun.log.append(begun.group, 'ann', 'told')));
      if (i % 10 === 0) await new Promise(setImmediate);
    }
    await Promise.all([untilHeard(begun.ann, begun.group, 201), untilHeard(begun.ben, begun.group, 201)]);
    expect(begun.ben.seqs(begun.group)).toEqual(upTo(201));
    expect(await begun.node(2).count('repaired_total')).toBe(0);
  });
});

describe('a comparison', () => {
  it('tells the heads instead of everything when a room missed very much', async () => {
    const begun = await begin({ resync: true });
    const missed = 2_100;
    for (let i = 0; i < missed; i++) begun.log.append(begun.group, 'ann', 'missed');
    begun.node(2).fanout.repairAll('lease');
    await until(() => begun.ben.heard('heads').length === 1, { what: 'the heads' });
    expect(begun.ben.heard('heads')[0]?.conversations[0]?.lastSeq).toBe(missed + 1);
    begun.tell(tellings.created(begun.log.append(begun.group, 'ann', 'goes on')));
    await untilHeard(begun.ben, begun.group, 2);
    expect(begun.ben.seqs(begun.group)).toEqual([1, missed + 2]);
  });

  it('follows when the log comes back, and when its epoch is another', async () => {
    const begun = await begin({ resync: true }, 50);
    const { log } = begun;
    log.setAway(true);
    log.append(begun.group, 'ann', 'meanwhile');
    await until(() => log.refusals() >= 2, { what: 'both nodes notice' });
    log.setAway(false);
    await untilHeard(begun.ben, begun.group, 2);
    log.restore(begun.group, 1, 'second');
    await until(() => begun.ben.heard('heads').some(({ epoch }) => epoch === 'second'), { what: 'the new epoch' });
    begun.tell(tellings.created(log.append(begun.group, 'ann', 'the number 2 again')));
    await untilHeard(begun.ben, begun.group, 3);
    expect(begun.ben.seqs(begun.group)).toEqual([1, 2, 2]);
  });
});

describe('a rogue order of revisions', () => {
  it('is put right', async () => {
    const begun = await begin({ hold: true });
    const rogue = createRogue(testRedisUrl(), begun.prefix, onTestFinished);
    const edits = upTo(10).map((i) => begun.log.edit(begun.group, 1, `${i}`));
    for (const edit of edits.toReversed()) await rogue.publish(tellings.edited(edit));
    await until(() => begun.ben.heard('message.edited').at(-1)?.body === '10', { what: 'the last edit' });
    const revs = begun.ben.heard('message.edited').map(({ rev }) => rev);
    expect(revs).toEqual([...revs].sort((a, b) => a - b));
  });
});
