import { audienceOf } from '@parley/core';
import { conversationId } from '@parley/protocol';
import { next, silence, testRedisUrl, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { startGroup } from './support/group.ts';
import { tellings, untilHeard } from './support/nodes.ts';
import { createRogue } from './support/rogue.ts';

let cluster: TestCluster;
let end: () => Promise<void>;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, onEnd: (ending) => (end = ending), tailEveryMs: 3_600_000 });
});
afterAll(() => end());

const group = () => startGroup(cluster);

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

  it('hears the last of their time also when they come back before it was told', async () => {
    const { log, no, ben, cat, tell, send } = await group();
    const late = log.append(no, 'ann', 'late');
    const messages = log.messages.bind(log);
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    log.messages = async (...question) => {
      if (question[0] !== no) return messages(...question);
      asked.resolve();
      await answer.promise;
      return messages(...question);
    };
    onTestFinished(() => void (log.messages = messages));
    const [, gone] = tellings.members(log.removeMember(no, 'cat'));
    if (gone) tell(gone);
    await asked.promise;
    tell(tellings.created(late));
    await untilHeard(ben, no, 2);
    for (const telling of tellings.members(log.addMember(no, 'cat'))) tell(telling);
    await until(() => cat.heard('conversation.changed').length > 0, { what: 'the news that they are back' });
    answer.resolve();
    send();
    await Promise.all([untilHeard(ben, no, 3), untilHeard(cat, no, 3)]);
    expect(cat.seqs(no)).toEqual([1, 2, 3]);
  });

  it('who came back before anybody heard of it hears nothing of the time between', async () => {
    const { log, no, ben, cat, tell, send } = await group();
    log.removeMember(no, 'cat');
    const between = log.append(no, 'ann', 'between');
    log.addMember(no, 'cat');
    tell(tellings.created(between));
    send();
    await Promise.all([untilHeard(ben, no, 3), untilHeard(cat, no, 2)]);
    send();
    await Promise.all([untilHeard(ben, no, 4), untilHeard(cat, no, 3)]);
    expect([ben.seqs(no), cat.seqs(no)]).toEqual([
      [1, 2, 3, 4],
      [1, 3, 4],
    ]);
  });

  it('hears nothing twice when the news of their joining comes again', async () => {
    const { log, no, ben, cat, tell, send } = await group();
    const news = tellings.members(log.addMember(no, 'dan'));
    const dan = await cluster.client(2, 'dan');
    for (const telling of news) tell(telling);
    send();
    await untilHeard(dan, no, 1);
    for (const telling of tellings.members(log.removeMember(no, 'dan'))) tell(telling);
    await until(() => dan.heard('conversation.changed').some(({ members: [own] }) => own?.untilSeq === 2), {
      what: 'the news of the end',
    });
    send();
    await Promise.all([untilHeard(ben, no, 3), untilHeard(cat, no, 3)]);
    const quiet = silence(dan.socket, 'message.created');
    for (const telling of news) tell(telling);
    await quiet;
    expect(dan.seqs(no)).toEqual([2]);
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

describe('a member whose role changes', () => {
  it('hears also what the news of it overtook', async () => {
    const { log, no, ben, cat, tell, send } = await group();
    const late = log.append(no, 'ann', 'late');
    const [inRoom, inInbox] = tellings.members(log.makeAdmin(no, 'cat'));
    if (!inRoom || !inInbox) throw new Error('no news');
    tell(inInbox);
    await until(() => cat.heard('conversation.changed').length > 0, { what: 'the news' });
    for (const telling of [inRoom, tellings.created(late)]) tell(telling);
    send();
    await Promise.all([untilHeard(ben, no, 3), untilHeard(cat, no, 3)]);
    expect(cat.seqs(no)).toEqual([1, 2, 3]);
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
