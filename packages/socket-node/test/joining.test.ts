import { randomUUID } from 'node:crypto';
import type { Message } from '@parley/protocol';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startNode } from './support/node.ts';

let node: Awaited<ReturnType<typeof startNode>>;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.close());

it('shows in `session.ready` what was said between the reading of the inbox and the joining of its groups', async () => {
  const ana = await node.enter('ana');
  (await node.enter('ben')).socket.disconnect();
  const created = await ana.call('conversation.create', { title: 'Late', memberIds: ['ben'] });
  expect(created).toMatchObject({ ok: true });
  const { id } = (created as { conversation: { id: string } }).conversation;
  const say = (body: string) =>
    ana.call('message.send', { conversationId: id, clientId: randomUUID(), kind: 'text', body });
  const { conversations } = node.made.parts;
  const list = conversations.list.bind(conversations);
  const said: string[] = [];
  conversations.list = async (space, userId, page) => {
    const inbox = await list(space, userId, page);
    if (userId === 'ben' && said.length === 0) {
      said.push('in between');
      expect(await say('in between')).toMatchObject({ ok: true });
    }
    return inbox;
  };
  const ben = await node.enter('ben');
  expect(said).toEqual(['in between']);
  expect(ben.ready.conversations).toMatchObject([{ id, lastSeq: 1, lastMessage: { body: 'in between' } }]);

  const heard: Message[] = [];
  ben.socket.on('message.created', (message: Message) => heard.push(message));
  await say('afterwards');
  await until(() => heard.length > 0, { what: 'ben hears' });
  expect(heard.map(({ seq, body }) => [seq, body])).toEqual([[2, 'afterwards']]);
});
