import { randomInt } from 'node:crypto';
import { next, silence } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const url = cluster.urls['direct-chat'] ?? '';
beforeEach(() => cluster.whole());

/** A user of the product: its document's client, with nothing but the token. */
function person(name: string) {
  const id = randomInt(1, 2 ** 40);
  const token = cluster.token(String(id), { space: 'direct-chat', name });
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/api/chat${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  return {
    id,
    ask,
    async connect(): Promise<Socket> {
      const socket = io(url, { auth: { token }, forceNew: true });
      onTestFinished(() => void socket.disconnect());
      await next(socket, 'connect');
      return socket;
    },
  };
}

type Answer = { success: boolean; message?: string; data: { id: number; conversation_id: number; total: number } };

describe('direct-chat, as its document says', () => {
  it('refuses with words, on the event `error` and in its envelope', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    const socket = await ann.connect();
    const refused = next(socket, 'error');
    socket.emit('send_message', { receiverId: ben.id, content: 'to nobody yet' });
    expect(await refused).toMatchObject({ code: 'not_found' });
    for (const receiverId of [1.5, -1, 2 ** 53, '__proto__', 'x'.repeat(10_000)]) {
      expect(await ann.ask('POST', '/send', { receiverId, content: 'hi' })).toMatchObject({
        status: 400,
        body: { success: false, error: { code: 'invalid' } },
      });
    }
    expect(await ann.ask('GET', '/conversations/999999/messages')).toMatchObject({ status: 404 });
    expect(await ann.ask('GET', '/conversations?page=-1')).toMatchObject({ status: 400 });
    await silence(socket, 'new_message');
  });
});
