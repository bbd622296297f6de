import { randomUUID } from 'node:crypto';
import { run } from '@parley/core';
import type { Message } from '@parley/protocol';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNode } from './support/node.ts';

let node: Awaited<ReturnType<typeof startNode>>;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.close());

describe('what was said between the reading of the inbox and the joining of its groups', () => {
  it.each([
    { room: 'has begun here', isHere: true, asked: 0 },
    { room: 'is new here', isHere: false, asked: 1 },
  ])('is in `session.ready` where the room $room', async ({ isHere, asked }) => {
    const { space, made } = node;
    const first = await node.enter('ana');
    (await node.enter('ben')).socket.disconnect();
    const unmade = await questions();
    const created = await first.call('conversation.create', { title: 'Late', memberIds: ['ben'] });
    expect(created).toMatchObject({ ok: true });
    // Its room is new here, and asks once by itself.
    await until(async () => (await questions()) > unmade, { what: 'the room has asked' });
    const { id } = (created as { conversation: { id: string } }).conversation;
    const caller = { space: space.name, userId: 'ana', role: 'user' as const };
    const say = (body: string) =>
      run(made.parts, caller, 'message.send', { conversationId: id, clientId: randomUUID(), kind: 'text', body });
    first.socket.disconnect();
    await until(() => node.connections.size === 0, { what: 'the room is empty' });
    const ana = isHere ? await node.enter('ana') : first;

    const { conversations } = made.parts;
    const list = conversations.list.bind(conversations);
    const said: string[] = [];
    conversations.list = async (...page) => {
      const inbox = await list(...page);
      if (page[1] === 'ben' && said.length === 0) {
        said.push('in between');
        await say('in between');
        await flushed();
      }
      return inbox;
    };
    const before = await questions();
    const ben = await node.enter('ben');
    conversations.list = list;
    expect(said).toEqual(['in between']);
    expect((await questions()) - before).toBe(asked);
    expect(ben.ready.conversations.find((each) => each.id === id)).toMatchObject({
      lastSeq: 1,
      lastMessage: { body: 'in between' },
    });

    const heard: Message[] = [];
    ben.socket.on('message.created', (message: Message) => heard.push(message));
    await say('afterwards');
    await until(() => heard.length > 0, { what: 'ben hears' });
    expect(heard.map(({ seq, body }) => [seq, body])).toEqual([[2, 'afterwards']]);
    ben.socket.disconnect();
    ana.socket.disconnect();
  });
});

/** What was told is emitted in the next turn of the event loop. */
const flushed = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

async function questions(): Promise<number> {
  const text = await node.made.registry.metrics();
  return Number(/^parley_store_statement_seconds_count\{statement="standings"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
