import { audienceOf, type Telling } from '@parley/core';
import { conversationId } from '@parley/protocol';
import { next, silence, testRedisUrl, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { tellings, untilHeard } from './support/nodes.ts';
import { createRogue } from './support/rogue.ts';

let cluster: TestCluster;
let end: () => Promise<void>;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, onEnd: (ending) => (end = ending), tailEveryMs: 3_600_000 });
});
afterAll(() => end());

/** A group of `ann` on the first node and of two more on the second, who have heard one message. */
async function group() {
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

describe('a removed member', () => {
  it('hears of it in the inbox, and nothing of the conversation afterwards', async () => {
    const { log, no, ben, cat, tell, send } = await group();
    for (const telling of tellings.members(log.removeMember(no, 'cat'))) tell(telling);
    send();
    await untilHeard(ben, no, 2);
    await until(() => cat.heard('conversation.changed').length > 0, { what: 'the news' });
    expect(cat.heard('conversation.changed').at(-1)?.members[0]).toMatchObject({ userId: 'cat', untilSeq: 1 });
    send();
    await untilHeard(ben, no, 3);
    expect(cat.seqs(no)).toEqual([1]);
  });

  it('hears nothing afterwards, although every word of the removal was lost', async () => {
    const { log, no, ben, cat, send } = await group();
    log.removeMember(no, 'cat');
    const quiet = silence(cat.socket, 'message.created');
    send();
    await untilHeard(ben, no, 2);
    await quiet;
    expect(cat.seqs(no)).toEqual([1]);
    expect(await cluster.node(2).count('evicted_total')).toBeGreaterThan(0);
  });

  it('hears what was said until then, and that it was the end as the last, although the pushes were lost', async () => {
    const { log, no, ben, cat, tell, send } = await group();
    for (const body of ['lost', 'lost, too']) log.append(no, 'ann', body);
    const heardBefore = next(cat.socket, 'conversation.changed').then(() => cat.seqs(no));
    for (const telling of tellings.members(log.removeMember(no, 'cat'))) tell(telling);
    send();
    expect(await heardBefore).toEqual([1, 2, 3]);
    await untilHeard(ben, no, 4);
    expect(cat.seqs(no)).toEqual([1, 2, 3]);
  });

  it('hears what was said until then when a later message is the first word of the removal', async () => {
    const { log, no, ben, cat, send } = await group();
    for (const body of ['lost', 'lost, too']) log.append(no, 'ann', body);
    log.removeMember(no, 'cat');
    const heardBefore = next(cat.socket, 'heads').then(() => cat.seqs(no));
    cluster.node(2).fanout.repairAll('redis');
    send();
    expect(await heardBefore).toEqual([1, 2, 3]);
    await untilHeard(ben, no, 4);
    expect(cat.seqs(no)).toEqual([1, 2, 3]);
  });

  it('hears what was said until then once the log is back', async () => {
    const { log, no, cat, tell } = await group();
    log.append(no, 'ann', 'lost');
    const news = tellings.members(log.removeMember(no, 'cat'));
    log.setAway(true);
    const refused = log.refusals();
    for (const telling of news) tell(telling);
    await until(() => log.refusals() > refused, { what: 'the log is asked' });
    expect([cat.seqs(no), cat.heard('conversation.changed')]).toEqual([[1], []]);
    log.setAway(false);
    await until(() => cat.heard('conversation.changed').length > 0, { what: 'the news' });
    expect(cat.seqs(no)).toEqual([1, 2]);
  });

  it('hears what was said between the list of their session and the end', async () => {
    const { log, no } = await group();
    const conversations = log.inboxOf('cat');
    const { fanout } = cluster.node(1);
    const late = await cluster.client(1, 'cat', { groups: [no], unseeded: true });
    log.append(no, 'ann', 'lost');
    for (const telling of tellings.members(log.removeMember(no, 'cat'))) fanout.tell(telling);
    await until(() => late.heard('conversation.changed').length > 0, { what: 'the news' });
    for (const socket of cluster.node(1).io.of('/').sockets.values()) {
      if (socket.id === late.socket.id) fanout.seed(socket, conversations);
    }
    await untilHeard(late, no, 1);
    expect(late.seqs(no)).toEqual([2]);
  });

  it('hears nothing while nobody can say who is a member; the others hear it when the log is back', async () => {
    const { log, no, ben, cat, tell, send } = await group();
    log.removeMember(no, 'cat');
    log.setAway(true);
    const refused = log.refusals();
    send();
    const conversation = log.factsOf(no);
    const payload = { conversationId: conversationId(no), userId: 'ann', typing: true };
    tell({ name: 'typing.changed', payload, audience: audienceOf(conversation), order: undefined });
    await until(() => log.refusals() > refused, { what: 'the log is asked' });
    expect([ben.seqs(no), cat.seqs(no)]).toEqual([[1], [1]]);
    log.setAway(false);
    await untilHeard(ben, no, 2);
    expect([cat.seqs(no), cat.heard('typing.changed')]).toEqual([[1], []]);
  });

  it('who comes in with an old list of groups hears nothing of one they are no longer in', async () => {
    const { log, no, ben, send } = await group();
    const { conversation } = log.removeMember(no, 'cat');
    expect(conversation.membershipVersion).toBe(2);
    const stale = await cluster.client(2, 'cat', { groups: [no] });
    send();
    await untilHeard(ben, no, 2);
    expect(stale.seqs(no)).toEqual([]);
  });

  it('who came back stays in, although the news of the removal comes last', async () => {
    const { log, no, ben, cat, send } = await group();
    const rogue = createRogue(testRedisUrl(), cluster.prefix, onTestFinished);
    const [, gone] = tellings.members(log.removeMember(no, 'cat'));
    const [, back] = tellings.members(log.addMember(no, 'cat'));
    if (!gone || !back) throw new Error('no news');
    await rogue.publish(back, gone);
    send();
    await Promise.all([untilHeard(ben, no, 2), untilHeard(cat, no, 2)]);
    expect(cat.seqs(no)).toEqual([1, 2]);
  });
});

describe('a new member', () => {
  it('hears everything from their joining on, on a node that never heard the conversation', async () => {
    const { log, no, tell, send } = await group();
    const dan = await cluster.client(1, 'dan');
    const eve = await cluster.client(2, 'eve');
    for (const userId of ['dan', 'eve']) {
      for (const telling of tellings.members(log.addMember(no, userId))) tell(telling);
    }
    for (let i = 0; i < 20; i++) send();
    for (const client of [dan, eve]) {
      await untilHeard(client, no, 20);
      expect(client.seqs(no)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
    }
  });

  it('hears what the room was told before the news of their joining came, and once', async () => {
    const { log, no, ben, tell, send } = await group();
    const dan = await cluster.client(2, 'dan');
    const news = tellings.members(log.addMember(no, 'dan'));
    for (const heard of [2, 3]) {
      send();
      await untilHeard(ben, no, heard);
    }
    for (const telling of [...news, ...news]) tell(telling);
    await untilHeard(dan, no, 2);
    send();
    await untilHeard(dan, no, 3);
    expect(dan.seqs(no)).toEqual([2, 3, 4]);
  });

  it('hears it once the log is back', async () => {
    const { log, no, ben, tell, send } = await group();
    const dan = await cluster.client(2, 'dan');
    const news = tellings.members(log.addMember(no, 'dan'));
    send();
    await untilHeard(ben, no, 2);
    log.setAway(true);
    const refused = log.refusals();
    for (const telling of news) tell(telling);
    await until(() => log.refusals() > refused, { what: 'the log is asked' });
    log.setAway(false);
    await untilHeard(dan, no, 1);
    expect(dan.seqs(no)).toEqual([2]);
  });

  it('hears nothing when old news calls a member who was removed since', async () => {
    const { log, no, ben, tell, send } = await group();
    const dan = await cluster.client(2, 'dan');
    const news = tellings.members(log.addMember(no, 'dan'));
    log.removeMember(no, 'dan');
    send();
    await untilHeard(ben, no, 2);
    const quiet = silence(dan.socket, 'message.created');
    for (const telling of news) tell(telling);
    await quiet;
    expect(dan.seqs(no)).toEqual([]);
  });

  it('hears nothing from before their joining, however late it is told', async () => {
    const { log, no, ben, tell, send } = await group();
    const [dan, device] = [await cluster.client(2, 'dan'), await cluster.client(2, 'dan')];
    const late = log.append(no, 'ann', 'from before');
    for (const telling of tellings.members(log.addMember(no, 'dan'))) tell(telling);
    send();
    await next(dan.socket, 'conversation.changed').catch(() => undefined);
    tell(tellings.created(late));
    await Promise.all([untilHeard(ben, no, 3), untilHeard(dan, no, 1), untilHeard(device, no, 1)]);
    expect(ben.seqs(no)).toEqual([1, 2, 3]);
    expect([dan.seqs(no), device.seqs(no)]).toEqual([[3], [3]]);
  });
});

describe('a member whose list says so', () => {
  it('needs no other proof, whether they entered with the group or came into it later', async () => {
    const { log } = cluster;
    let asked = 0;
    const membership = log.membership.bind(log);
    log.membership = (...question) => {
      asked++;
      return membership(...question);
    };
    onTestFinished(() => void (log.membership = membership));
    const { no, tell, send } = await group();
    const dan = await cluster.client(2, 'dan');
    for (const telling of tellings.members(log.addMember(no, 'dan'))) tell(telling);
    await until(() => dan.heard('conversation.changed').length > 0, { what: 'the news' });
    // The members that were there before are asked about under the new version, once for each node.
    await until(() => asked === 2, { what: 'the question of both nodes' });
    send();
    await untilHeard(dan, no, 1);
    expect(asked).toBe(2);
  });
});

describe('who came in without a proof of membership', () => {
  it('waits alone: the room goes on, and they hear everything once the log has answered', async () => {
    const { log, no, ben, send } = await group();
    log.setAway(true);
    const newcomer = await cluster.client(2, 'cat', { groups: [no], unseeded: true });
    const refused = log.refusals();
    for (let i = 0; i < 10; i++) send();
    await untilHeard(ben, no, 11);
    await until(() => log.refusals() > refused, { what: 'the log is asked' });
    expect(newcomer.seqs(no)).toEqual([]);
    log.setAway(false);
    await untilHeard(newcomer, no, 10);
    expect(newcomer.seqs(no)).toEqual(ben.seqs(no).slice(1));
  });

  it('hears everything at once when the list of their inbox comes first', async () => {
    const { log, no, ben, send } = await group();
    log.setAway(true);
    onTestFinished(() => log.setAway(false));
    const newcomer = await cluster.client(2, 'cat', { groups: [no], unseeded: true });
    send();
    await untilHeard(ben, no, 2);
    newcomer.socket.emit('seed');
    await untilHeard(newcomer, no, 1);
    expect(newcomer.seqs(no)).toEqual([2]);
  });

  it('hears the heads when they waited for too much', async () => {
    const { log, no, ben, send } = await group();
    log.setAway(true);
    const newcomer = await cluster.client(2, 'cat', { groups: [no], unseeded: true });
    for (let i = 0; i < 300; i++) send();
    await untilHeard(ben, no, 301);
    log.setAway(false);
    newcomer.socket.emit('seed');
    await until(() => newcomer.heard('heads').some(({ conversations: [head] }) => head?.lastSeq === 301), {
      what: 'the heads',
    });
    expect(newcomer.seqs(no)).toEqual(ben.seqs(no).slice(1, 257));
  });
});

describe('opening a group that was not joined on entering', () => {
  it('joins its members, and nobody else', async () => {
    const { log, no, send } = await group();
    const ben = await cluster.client(1, 'ben');
    const eve = await cluster.client(1, 'eve');
    const open = (client: typeof ben) => client.socket.timeout(2_000).emitWithAck('open', no);
    expect(await Promise.all([open(ben), open(eve)])).toEqual(['confirmed', 'confirmed']);
    send();
    await untilHeard(ben, no, 1);
    expect(ben.seqs(no)).toEqual([log.factsOf(no).lastSeq]);
    expect(eve.seqs(no)).toEqual([]);
  });
});
