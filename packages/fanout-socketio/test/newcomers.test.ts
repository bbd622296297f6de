import type { Payload } from '@parley/protocol';
import { next, silence, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { startGroup } from './support/group.ts';
import { tellings, untilHeard } from './support/nodes.ts';

let cluster: TestCluster;
let end: () => Promise<void>;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, onEnd: (ending) => (end = ending), tailEveryMs: 3_600_000 });
});
afterAll(() => end());

const group = () => startGroup(cluster);

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

  it('hears the last of their time when they were removed before the news came, and nothing from after it', async () => {
    const { log, no, ben, tell, send } = await group();
    const dan = await cluster.client(2, 'dan');
    const news = tellings.members(log.addMember(no, 'dan'));
    send();
    log.removeMember(no, 'dan');
    send();
    await untilHeard(ben, no, 3);
    for (const telling of news) tell(telling);
    await untilHeard(dan, no, 1);
    const quiet = silence(dan.socket, 'message.created');
    send();
    await untilHeard(ben, no, 4);
    await quiet;
    expect(dan.seqs(no)).toEqual([2]);
  });

  it('hears that it was the end as the last, although the news of both comes late', async () => {
    const { log, no, ben, tell, send } = await group();
    const dan = await cluster.client(2, 'dan');
    const joined = tellings.members(log.addMember(no, 'dan'));
    send();
    await untilHeard(ben, no, 2);
    const removed = tellings.members(log.removeMember(no, 'dan'));
    let heardBefore: number[] | undefined;
    const ended = next<Payload<'conversation.changed'>>(dan.socket, 'conversation.changed', {
      where({ members: [own] }) {
        heardBefore = dan.seqs(no);
        return own?.untilSeq === 2;
      },
    });
    for (const telling of [...joined, ...removed]) tell(telling);
    await ended;
    expect(heardBefore).toEqual([2]);
  });

  it('comes in when they came back while the log was asked about the time before', async () => {
    const { log, no, ben, tell, send } = await group();
    const fay = await cluster.client(2, 'fay');
    const first = tellings.members(log.addMember(no, 'fay'));
    send();
    await untilHeard(ben, no, 2);
    log.removeMember(no, 'fay');
    const membership = log.membership.bind(log);
    const news = () => fay.heard('conversation.changed').length;
    log.membership = async (...question) => {
      const answer = await membership(...question);
      if (question[0] !== no) return answer;
      log.membership = membership;
      const heard = news();
      for (const telling of tellings.members(log.addMember(no, 'fay'))) tell(telling);
      await until(() => news() > heard, { what: 'the second news' });
      return answer;
    };
    onTestFinished(() => void (log.membership = membership));
    const [, inInbox] = first;
    if (inInbox) tell(inInbox);
    await untilHeard(fay, no, 1);
    send();
    await untilHeard(fay, no, 2);
    expect(fay.seqs(no)).toEqual([2, 3]);
  });

  it('hears nothing of the time between their removal and their coming back, although only the first news comes', async () => {
    const { log, no, ben, tell, send } = await group();
    const dan = await cluster.client(2, 'dan');
    const news = tellings.members(log.addMember(no, 'dan'));
    log.removeMember(no, 'dan');
    send();
    log.addMember(no, 'dan');
    send();
    await untilHeard(ben, no, 3);
    for (const telling of news) tell(telling);
    await untilHeard(dan, no, 1);
    send();
    await untilHeard(dan, no, 2);
    expect(dan.seqs(no)).toEqual([3, 4]);
  });

  it('hears what it missed once, although two pieces of news tell of it and it is read in pieces', async () => {
    const { log, no, ben, tell, send } = await group();
    const dan = await cluster.client(2, 'dan');
    const news = tellings.members(log.addMember(no, 'dan'));
    for (let i = 0; i < 501; i++) send();
    await untilHeard(ben, no, 502);
    for (const telling of [...news, ...news]) tell(telling);
    await untilHeard(dan, no, 501);
    send();
    await untilHeard(dan, no, 502);
    expect(dan.seqs(no)).toEqual(ben.seqs(no).slice(1));
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
    await until(() => dan.heard('conversation.changed').length > 0, { what: 'the news' });
    tell(tellings.created(late));
    await Promise.all([untilHeard(ben, no, 3), untilHeard(dan, no, 1), untilHeard(device, no, 1)]);
    expect(ben.seqs(no)).toEqual([1, 2, 3]);
    expect([dan.seqs(no), device.seqs(no)]).toEqual([[3], [3]]);
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

  it('hears nothing of what waited from before they became a member', async () => {
    const { log, no, ben, send } = await group();
    log.setAway(true);
    const newcomer = await cluster.client(2, 'eve', { groups: [no], unseeded: true });
    send();
    await untilHeard(ben, no, 2);
    log.addMember(no, 'eve');
    log.setAway(false);
    send();
    await untilHeard(newcomer, no, 1);
    expect(newcomer.seqs(no)).toEqual([3]);
  });

  it('hears nothing of what waited from before they became a member again', async () => {
    const { log, no, ben, send } = await group();
    log.removeMember(no, 'cat');
    log.setAway(true);
    const newcomer = await cluster.client(2, 'cat', { groups: [no], unseeded: true });
    const refused = log.refusals();
    send();
    await until(() => log.refusals() > refused, { what: 'the log is asked' });
    log.addMember(no, 'cat');
    log.setAway(false);
    await untilHeard(ben, no, 2);
    send();
    await untilHeard(newcomer, no, 1);
    expect(newcomer.seqs(no)).toEqual([3]);
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
