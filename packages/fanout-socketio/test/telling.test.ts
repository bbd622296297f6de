import { audienceOf } from '@parley/core';
import { conversationId } from '@parley/protocol';
import { next, silence, testRedisUrl, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { tellings, untilHeard, upTo } from './support/nodes.ts';
import { createRogue } from './support/rogue.ts';

let cluster: TestCluster;
const forgotten: string[] = [];
let end: () => Promise<void>;
beforeAll(async () => {
  cluster = await startCluster({
    nodes: 3,
    onEnd: (ending) => (end = ending),
    tailEveryMs: 3_600_000,
    onTalkForgotten: (...pair) => void forgotten.push(pair.join(' ')),
  });
});
afterAll(() => end());

describe('telling', () => {
  it('reaches both peers of a direct conversation, wherever they are', async () => {
    const { no } = cluster.log.openDirect('ann', 'ben');
    const [ann, ben] = await Promise.all([cluster.client(1, 'ann'), cluster.client(2, 'ben')]);
    const heard = Promise.all([next(ann.socket, 'message.created'), next(ben.socket, 'message.created')]);
    const { message, conversation } = cluster.log.append(no, 'ann', 'hello');
    cluster.node(3).fanout.tell(tellings.created({ message, conversation }));
    expect(await heard).toEqual([message, message]);
  });

  it('times the messages that carry stamps, on both nodes, and says to clients what it always says', async () => {
    const { no } = cluster.log.createGroup(['tim', 'una']);
    const [tim, una] = await Promise.all([
      cluster.client(1, 'tim', { groups: [no] }),
      cluster.client(2, 'una', { groups: [no] }),
    ]);
    const timed = (n: number, hop: string) => cluster.node(n).count('hop_seconds', { hop });
    const stored = [1, 2, 3].map((i) => cluster.log.append(no, 'tim', `${i}`));
    const [first, second, third] = stored.map((one) => tellings.created(one));
    if (!first || !second || !third) throw new Error('three were stored');
    const hops = { receivedAt: 1_000, queuedAt: 2_000, sentAt: 4_000, committedAt: 8_000 };
    cluster.node(1).fanout.tell(first);
    await Promise.all([untilHeard(tim, no, 1), untilHeard(una, no, 1)]);
    for (const hop of ['admit', 'own', 'travel', 'write']) {
      expect([await timed(1, hop), await timed(2, hop)]).toEqual([0, 0]);
    }
    cluster.node(1).fanout.tell({ ...second, hops });
    // What did not come by the log of this node has stamps missing, and is told as any other.
    cluster.node(1).fanout.tell({ ...third, hops: { receivedAt: 1_000 } });
    await Promise.all([untilHeard(tim, no, 3), untilHeard(una, no, 3)]);
    expect(una.heard('message.created')).toEqual(stored.map(({ message }) => message));
    expect(tim.heard('message.created')).toEqual(una.heard('message.created'));
    // Its sum, its count, and the buckets of 2.5 s and of all.
    expect(await timed(1, 'queue')).toBe(2 + 1 + 2);
    for (const hop of ['admit', 'queue', 'commit', 'publish', 'own']) expect(await timed(1, hop)).toBeGreaterThan(0);
    for (const hop of ['travel', 'write']) expect(await timed(2, hop)).toBeGreaterThan(0);
    expect(await timed(3, 'travel')).toBe(0);
  });

  it('reaches the members of a group, and nobody else', async () => {
    const { no } = cluster.log.createGroup(['cat', 'dan']);
    const [cat, dan, eve] = await Promise.all([
      cluster.client(1, 'cat', { groups: [no] }),
      cluster.client(2, 'dan', { groups: [no] }),
      cluster.client(2, 'eve'),
    ]);
    const quiet = silence(eve.socket, 'message.created');
    cluster.node(1).fanout.tell(tellings.created(cluster.log.append(no, 'cat', 'hello')));
    await Promise.all([untilHeard(cat, no, 1), untilHeard(dan, no, 1), quiet]);
  });

  it('says the same to a client on long-polling as to one on WebSocket', async () => {
    const { no } = cluster.log.createGroup(['fay', 'gil']);
    const polling = await cluster.client(2, 'fay', { groups: [no], transports: ['polling'] });
    const websocket = await cluster.client(2, 'gil', { groups: [no] });
    const bodies = ['plain', 'with "quotes" and \u001e a separator', 'ünïcode 🎉', 'x'.repeat(200), 'x'.repeat(70_000)];
    for (const body of bodies) cluster.node(1).fanout.tell(tellings.created(cluster.log.append(no, 'gil', body)));
    await Promise.all([untilHeard(polling, no, bodies.length), untilHeard(websocket, no, bodies.length)]);
    expect(polling.heard('message.created').map(({ body }) => body)).toEqual(bodies);
    expect(polling.heard('message.created')).toEqual(websocket.heard('message.created'));
  });

  it('goes on for a client that moves from long-polling to WebSocket meanwhile', async () => {
    const { no } = cluster.log.createGroup(['hal']);
    const hal = await cluster.client(1, 'hal', { groups: [no], transports: ['polling', 'websocket'] });
    let sent = 0;
    await until(
      () => {
        cluster.node(2).fanout.tell(tellings.created(cluster.log.append(no, 'hal', `${++sent}`)));
        return hal.socket.io.engine.transport.name === 'websocket' && sent >= 20;
      },
      { what: 'the upgrade' },
    );
    await untilHeard(hal, no, sent);
    expect(hal.seqs(no)).toEqual(upTo(sent));
  });

  it('hears a message that was sent as soon as a join is confirmed', async () => {
    const { no } = cluster.log.createGroup(['ida', 'jon']);
    for (let i = 1; i <= 20; i++) {
      const ida = await cluster.client(2, 'ida', { groups: [no] });
      expect(ida.joined).toBe('confirmed');
      cluster.node(1).fanout.tell(tellings.created(cluster.log.append(no, 'jon', 'welcome')));
      await untilHeard(ida, no, 1);
      expect(ida.seqs(no)).toEqual([i]);
      ida.socket.disconnect();
    }
  });

  it('says a hint once, also on the node that told it', async () => {
    const { no, ...facts } = cluster.log.createGroup(['lou']);
    const clients = await Promise.all([1, 2].map((number) => cluster.client(number, 'lou', { groups: [no] })));
    const payload = { conversationId: conversationId(no), userId: 'lou', typing: true };
    const audience = audienceOf({ no, ...facts });
    cluster.node(1).fanout.tell({ name: 'typing.changed', payload, audience, order: undefined });
    cluster.node(1).fanout.tell(tellings.created(cluster.log.append(no, 'lou', 'after the hint')));
    cluster.node(2).fanout.tell(tellings.created(cluster.log.append(no, 'lou', 'comes back')));
    for (const client of clients) {
      await untilHeard(client, no, 2);
      expect(client.heard('typing.changed')).toEqual([payload]);
    }
  });

  it('encodes an event once, however many sockets hear it', async () => {
    const { no } = cluster.log.createGroup(['kim']);
    const clients = await Promise.all(upTo(10).map(() => cluster.client(1, 'kim', { groups: [no] })));
    const appended = cluster.log.append(no, 'kim', 'once');
    let encoded = 0;
    const counting = { ...appended.message, toJSON: () => (encoded++, appended.message) };
    cluster.node(1).fanout.tell(tellings.created({ ...appended, message: counting }));
    await Promise.all(clients.map((client) => untilHeard(client, no, 1)));
    expect(encoded).toBe(1);
  });

  it('writes once to a socket, and publishes once to a room, what is told in one tick', async () => {
    const { no } = cluster.log.createGroup(['lea']);
    const lea = await cluster.client(2, 'lea', { groups: [no] });
    const [published, written] = [
      await cluster.node(1).count('publishes_total'),
      await cluster.node(2).count('writes_total'),
    ];
    for (let i = 0; i < 50; i++)
      cluster.node(1).fanout.tell(tellings.created(cluster.log.append(no, 'lea', 'one of many')));
    await untilHeard(lea, no, 50);
    expect(lea.seqs(no)).toEqual(upTo(50));
    expect(await cluster.node(1).count('publishes_total')).toBe(published + 1);
    expect(await cluster.node(2).count('writes_total')).toBe(written + 1);
  });
});

describe('the order of a conversation', () => {
  it('is one on three nodes that tell at the same time', async () => {
    const { no } = cluster.log.createGroup(['mia', 'ned', 'oto']);
    const clients = await Promise.all(
      ['mia', 'ned', 'oto'].map((userId, i) => cluster.client(i + 1, userId, { groups: [no] })),
    );
    const rounds = 100;
    for (let i = 0; i < rounds; i++) {
      for (const number of [1, 2, 3]) {
        cluster.node(number).fanout.tell(tellings.created(cluster.log.append(no, 'mia', `${i}`)));
      }
      if (i % 7 === 0) await new Promise(setImmediate);
    }
    for (const client of clients) {
      await untilHeard(client, no, rounds * 3);
      expect(client.seqs(no)).toEqual(upTo(rounds * 3));
    }
  });

  it('survives that frames are published in any order, and that some are never published', async () => {
    const { no } = cluster.log.createGroup(['pia', 'quy', 'ria']);
    const rogue = createRogue(testRedisUrl(), cluster.prefix, onTestFinished);
    const clients = await Promise.all(
      ['pia', 'quy', 'ria'].map((userId, i) => cluster.client(i + 1, userId, { groups: [no] })),
    );
    const all = upTo(200).map(() => cluster.log.append(no, 'pia', 'in order'));
    const shuffled = all
      .filter(({ message }) => message.seq % 9 !== 0)
      .map((appended) => ({ appended, at: appended.message.seq + ((appended.message.seq * 7919) % 23) }))
      .sort((a, b) => a.at - b.at);
    for (const { appended } of shuffled) await rogue.publish(tellings.created(appended));
    for (const client of clients) {
      await untilHeard(client, no, 200);
      expect(client.seqs(no)).toEqual(upTo(200));
    }
  });

  it('lets an edit wait for its message', async () => {
    const { no } = cluster.log.createGroup(['sam']);
    const rogue = createRogue(testRedisUrl(), cluster.prefix, onTestFinished);
    const sam = await cluster.client(1, 'sam', { groups: [no] });
    const names: string[] = [];
    sam.socket.onAny((name: string) => names.push(name));
    const created = cluster.log.append(no, 'sam', 'firts');
    const edited = cluster.log.edit(no, 1, 'first');
    await rogue.publish(tellings.edited(edited), tellings.created(created));
    await until(() => names.length === 2, { what: 'both events' });
    expect(names).toEqual(['message.created', 'message.edited']);
  });
});

describe('the end of all sessions of a user', () => {
  it.each([
    ['token_revoked', 'io server disconnect'],
    ['banned', 'io server disconnect'],
    ['draining', 'transport close'],
  ] as const)('by %s reaches every node, says why, and ends by "%s"', async (code, reason) => {
    const clients = await Promise.all([cluster.client(1, code), cluster.client(2, code), cluster.client(3, 'other')]);
    const ended = clients.slice(0, 2).map(({ socket }) => next(socket, 'disconnect'));
    const stays = silence((clients[2] ?? clients[0]).socket, 'disconnect');
    cluster.node(1).fanout.endSessions('main', code, code);
    expect(await Promise.all(ended)).toEqual([reason, reason]);
    for (const client of clients.slice(0, 2)) expect(client.heard('session.closing')[0]?.code).toBe(code);
    await stays;
  });
});

describe('that what the host said of two users is over', () => {
  it('reaches every other node, whatever the users are called', async () => {
    const before = forgotten.length;
    cluster.node(1).fanout.forgetTalk('main', 'ada', 'ben{}');
    await until(() => forgotten.length >= before + 2, { what: 'both others have heard it' });
    expect(forgotten.slice(before)).toEqual(['main ada ben{}', 'main ada ben{}']);
  });
});

describe('whether a device looks at a conversation', () => {
  it('is known wherever it is connected, and forgotten with its node', async () => {
    const looker = await cluster.client(2, 'eva');
    const other = cluster.node(2);
    const [socket] = [...other.io.sockets.sockets.values()].filter(({ data }) => data.userId === 'eva');
    if (!socket) throw new Error('she is there');
    const [viewed, unseen] = [['main', 'eva', 901] as const, ['main', 'eva', 902] as const];
    other.fanout.look(socket, 901, true);
    for (const number of [1, 2, 3]) {
      expect(await cluster.node(number).fanout.unlooked([viewed, unseen])).toEqual([unseen]);
    }
    looker.socket.disconnect();
    await until(async () => (await cluster.node(1).fanout.unlooked([viewed])).length === 1, { what: 'nobody looks' });
  });
});
