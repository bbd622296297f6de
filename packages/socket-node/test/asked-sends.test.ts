import { once } from 'node:events';
import { createServer } from 'node:http';
import { freePort, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Live, startNode } from './support/node.ts';

/** Answers when it is let; what it is asked waits. */
const held: (() => void)[] = [];
const host = createServer((request, response) => {
  request.resume();
  held.push(() => void response.end(JSON.stringify({ allowed: true })));
});

let node: Awaited<ReturnType<typeof startNode>>;
let ada: Live;
beforeAll(async () => {
  const port = await freePort();
  await once(host.listen(port, '127.0.0.1'), 'listening');
  node = await startNode({ talk: 'ask', ask: { url: `http://127.0.0.1:${port}/`, secret: 's'.repeat(32) } });
  [ada] = [await node.enter('ada'), await node.enter('ben'), await node.enter('cy')];
});
afterAll(async () => {
  await node.close();
  host.closeAllConnections();
  host.close();
});

const letAnswer = async () => {
  await until(() => held.length > 0, { what: 'the host is asked' });
  held.splice(0).forEach((answer) => answer());
};
const opened = async (peerId: string): Promise<string> => {
  const opening = ada.call('conversation.open', { peerId });
  await letAnswer();
  const answer = await opening;
  if (!answer.ok || !('conversation' in answer)) throw new Error('the conversation was not opened');
  return answer.conversation.id;
};
const send = async (conversationId: string, body: string): Promise<number> => {
  const answer = await ada.call('message.send', { conversationId, body });
  return answer.ok && 'seq' in answer ? answer.seq : 0;
};

describe('the sends of one connection, where the host is asked', () => {
  it('are stored in the order in which they were made, however long the host thinks', async () => {
    const withBen = await opened('ben');
    const { talkHost } = node.made.parts;
    const askAnew = () => talkHost.forget(node.space.name, 'ada', 'ben');
    for (let round = 0; round < 3; round += 1) {
      expect(await send(withBen, 'known')).toBe(round * 7 + 1);
      askAnew();
      const asked = Array.from({ length: 4 }, (_, i) => send(withBen, `asked ${i}`));
      await letAnswer();
      const later = [send(withBen, 'later 1'), send(withBen, 'later 2')];
      expect(await Promise.all([...asked, ...later])).toEqual([2, 3, 4, 5, 6, 7].map((seq) => round * 7 + seq));
    }
  });

  it('wait for nobody while the answer is known', async () => {
    const withCy = await opened('cy');
    expect(await Promise.all([send(withCy, 'a'), send(withCy, 'b'), send(withCy, 'c')])).toEqual([1, 2, 3]);
    expect(held).toEqual([]);
  });
});
