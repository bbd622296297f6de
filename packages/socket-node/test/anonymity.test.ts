import { type Answer, type CommandName, type Input, type Output, staffId } from '@parley/protocol';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Live, startNode } from './support/node.ts';

let node: Awaited<ReturnType<typeof startNode>>;
let ana: Live;
let x: Live;
let root: Live;
let thread: string;
let heard: [name: string, payload: unknown][];
let heardByX: typeof heard;

const clientId = 'abababab-0000-4000-8000-000000000001';

async function done<N extends CommandName>(by: Live, name: N, input: Input<N>): Promise<Output<N>> {
  const answer = (await by.socket.emitWithAck(name, input)) as Answer<N>;
  if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
  return answer;
}

const listening = ({ socket }: Live): typeof heard => {
  const all: typeof heard = [];
  socket.onAny((name: string, payload: unknown) => void all.push([name, payload]));
  return all;
};

beforeAll(async () => {
  node = await startNode();
  [ana, x, root] = [await node.enter('ana'), await node.enter('agent-x', 'agent'), await node.enter('root', 'admin')];
  [heard, heardByX] = [listening(ana), listening(x)];
  thread = (await done(ana, 'support.open', {})).conversation.id;
  await done(ana, 'presence.watch', { userIds: [staffId, 'agent-x', 'root'] });
});
afterAll(() => node.close());

describe('over a live connection, the user of a thread', () => {
  it('hears all that the staff do, as the doing of one', async () => {
    const place = { conversationId: thread };
    await done(ana, 'message.send', { ...place, body: 'help' });
    await done(x, 'viewing.start', place);
    await done(x, 'typing.start', place);
    const { id } = await done(x, 'message.send', { ...place, body: 'here', clientId });
    await done(x, 'message.edit', { messageId: id, body: 'here I am' });
    await done(x, 'reaction.add', { messageId: id, emoji: '👍' });
    await done(x, 'receipt.delivered', { ...place, seq: 1 });
    await done(x, 'receipt.read', { ...place, seq: 1 });
    await done(x, 'message.delete', { messageId: id });
    await done(x, 'typing.stop', place);
    await done(x, 'viewing.stop', place);
    await done(x, 'conversation.update', { ...place, status: 'closed' });
    await done(root, 'conversation.update', { ...place, status: 'active' });
    await done(root, 'member.update', { ...place, userId: 'ana', mutedUntil: '2100-01-01T00:00:00.000Z' });
    await done(root, 'announcement.send', { body: 'to all', clientId });
    await done(root, 'message.send', { ...place, body: 'the last word' });
    const names = [
      'message.created',
      'message.edited',
      'message.deleted',
      'reaction.changed',
      'receipt.advanced',
      'conversation.changed',
    ];
    const hints = ['typing.changed', 'viewing.changed'];
    await until(() => JSON.stringify(heard).includes('the last word'), { what: 'the last message' });
    await until(() => [...names, ...hints].every((name) => heard.some(([each]) => each === name)), {
      what: 'one event of each name',
    });
    const told = JSON.stringify(heard);
    for (const secret of ['agent-x', 'root', clientId]) expect(told).not.toContain(secret);
    expect(heard.find(([name]) => name === 'typing.changed')?.[1]).toMatchObject({ userId: staffId, typing: true });
  });

  it('is heard by the staff, who also hear which of them it was', async () => {
    await until(() => JSON.stringify(heardByX).includes('the last word'), { what: 'the last message' });
    const senders = heardByX.flatMap(([name, payload]) =>
      name === 'message.created' ? (payload as { senderId: string }).senderId : [],
    );
    expect(senders).toEqual(['ana', 'agent-x', staffId, 'root']);
    expect(heardByX.filter(([name]) => name === 'typing.changed')).toMatchObject([
      [expect.anything(), { userId: 'agent-x' }],
      [expect.anything(), { userId: 'agent-x' }],
    ]);
  });

  it('sees the staff come and go as one, whoever of them it is', async () => {
    const late = await node.enter('bea');
    await done(late, 'support.open', {});
    const told = listening(late);
    const staff = async () => (await done(late, 'presence.watch', { userIds: [staffId, 'agent-x', 'root'] })).presences;
    const [first, ...others] = await staff();
    expect([first?.userId, others]).toEqual([staffId, []]);
    const nowThey = (status: string) => () =>
      told.some(([name, payload]) => name === 'presence.changed' && JSON.stringify(payload).includes(`"${status}"`));
    // A board that is young cannot tell at first, and tells when it can; one that is not says it at once.
    await until(() => first?.status === 'online' || nowThey('online')(), { what: 'the staff there', withinMs: 30_000 });
    const { count } = await done(x, 'presence.count', {});
    const { users } = await done(x, 'presence.online', {});
    const online = users === 'unknown' ? [] : users.map(({ userId }) => userId);
    expect([count, online]).toEqual([4, ['agent-x', 'ana', 'bea', 'root']]);
    x.socket.disconnect();
    root.socket.disconnect();
    await until(nowThey('offline'), { what: 'the staff gone', withinMs: 30_000 });
    expect(await staff()).toMatchObject([{ userId: staffId, status: 'offline' }]);
    expect(JSON.stringify(told)).not.toMatch(/agent-x|root/);
  }, 60_000);
});
