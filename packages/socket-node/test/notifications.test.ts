import type { Payload } from '@parley/protocol';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Live, startNode } from './support/node.ts';

type Notification = Payload<'notification.raised'>;

let node: Awaited<ReturnType<typeof startNode>>;
let ada: Live;
let phone: Live;
let laptop: Live;
let plain: Live;
let cy: Live;
let withBen: string;
let withCy: string;
const heard = new Map<Live, Notification[]>();

const listening = (live: Live) => {
  heard.set(live, []);
  live.socket.on('notification.raised', (notification: Notification) => void heard.get(live)?.push(notification));
  return live;
};
const told = (live: Live, conversationId: string) =>
  (heard.get(live) ?? []).filter((notification) => notification.conversationId === conversationId);
const opened = async (peerId: string): Promise<string> => {
  const answer = await ada.call('conversation.open', { peerId });
  if (!answer.ok || !('conversation' in answer)) throw new Error('the conversation was not opened');
  return answer.conversation.id;
};
const send = (conversationId: string, body: string) => ada.call('message.send', { conversationId, body });
/** Cy hears of a message of his own only after all that was due before was looked at; the second time, it was told too. */
const roundIsOver = async () => {
  for (let i = 0; i < 2; i += 1) {
    const before = told(cy, withCy).length;
    await send(withCy, 'the end of the round');
    await until(() => told(cy, withCy).length > before, { what: 'a round', withinMs: 15_000 });
  }
};

beforeAll(async () => {
  node = await startNode();
  const asking = { notifications: true };
  ada = listening(await node.enter('ada', 'user', asking));
  [phone, laptop, plain] = [
    listening(await node.enter('ben', 'user', asking)),
    listening(await node.enter('ben', 'user', asking)),
    listening(await node.enter('ben')),
  ];
  cy = listening(await node.enter('cy', 'user', asking));
  [withBen, withCy] = [await opened('ben'), await opened('cy')];
});
beforeEach(() => heard.forEach((all) => all.splice(0)));
afterAll(() => node.close());

describe('a user who looks elsewhere', () => {
  it('is told once of many messages, on each device that asks, with the count and the newest of them', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => send(withBen, `${i + 1}`)));
    await until(() => told(phone, withBen).at(-1)?.unread === 20, { what: 'all are counted', withinMs: 15_000 });
    expect(told(phone, withBen).length).toBeLessThan(20);
    expect(told(phone, withBen).at(-1)).toMatchObject({ unread: 20, lastMessage: { seq: 20, senderId: 'ada' } });
    expect(told(laptop, withBen)).toEqual(told(phone, withBen));
    expect(told(plain, withBen)).toEqual([]);
    expect(told(ada, withBen)).toEqual([]);
  });

  it('is not told of what one of the devices looks at, also one that never asked, until it stops', async () => {
    const place = { conversationId: withBen };
    expect((await plain.call('viewing.start', place)).ok).toBe(true);
    await roundIsOver();
    heard.forEach((all) => all.splice(0));
    await send(withBen, 'seen');
    await roundIsOver();
    expect(told(phone, withBen)).toEqual([]);
    expect((await plain.call('viewing.stop', place)).ok).toBe(true);
    await send(withBen, 'unseen');
    await until(() => told(phone, withBen).length > 0, { what: 'a notification', withinMs: 15_000 });
  });

  it('is not told that nothing is unread', async () => {
    const sent = await send(withBen, 'read at once');
    if (!sent.ok || !('seq' in sent)) throw new Error('not sent');
    await laptop.call('receipt.read', { conversationId: withBen, seq: sent.seq });
    await roundIsOver();
    expect(told(phone, withBen).filter(({ unread }) => unread === 0)).toEqual([]);
  });

  it('finds what came while away on connecting, exactly', async () => {
    const dan = await node.enter('dan');
    const withDan = await opened('dan');
    await send(withDan, 'one');
    dan.socket.disconnect();
    for (const body of ['two', 'three']) await send(withDan, body);
    const { ready } = await node.enter('dan', 'user', { notifications: true });
    expect(ready.unreadTotal).toBe(3);
    expect(ready.conversations).toMatchObject([{ id: withDan, unread: 3, lastMessage: { body: 'three' } }]);
  });
});
