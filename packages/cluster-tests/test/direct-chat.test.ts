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

type Answer = {
  success: boolean;
  data: { id: number; conversation_id: number; messages: { content: string }[] };
};

const badIds = [1.5, -1, 2 ** 53, '__proto__', 'x'.repeat(10_000)];

/** Two who said something to each other, and where. */
async function talked(contents: readonly string[]) {
  const [ann, ben] = [person('Ann'), person('Ben')];
  await ben.ask('GET', '/unread-count');
  let last = { id: 0, conversation_id: 0 };
  for (const content of contents) last = (await ann.ask('POST', '/send', { receiverId: ben.id, content })).body.data;
  return { ann, ben, id: last.id, path: `/conversations/${last.conversation_id}` };
}

describe('direct-chat', () => {
  it('refuses with words, on the event `error` and in its envelope', async () => {
    const [ann, ben] = [person('Ann'), person('Ben')];
    const socket = await ann.connect();
    const refused = next(socket, 'error');
    socket.emit('send_message', { receiverId: ben.id, content: 'to nobody yet' });
    expect(await refused).toMatchObject({ code: 'not_found' });
    for (const receiverId of badIds) {
      expect(await ann.ask('POST', '/send', { receiverId, content: 'hi' })).toMatchObject({
        status: 400,
        body: { success: false, error: { code: 'invalid' } },
      });
      const notJoined = next(socket, 'error');
      socket.emit('join_conversation', { conversationId: receiverId });
      expect(await notJoined).toMatchObject({ code: 'invalid' });
      const { status } = await ann.ask('GET', `/conversations/${receiverId}/messages`);
      expect([400, 404]).toContain(status);
    }
    await silence(socket, 'new_message');
  });

  it('answers empty pages beyond the end, and refuses negative ones', async () => {
    const { ann, path } = await talked(['one', 'two']);
    const page = (query: string) => ann.ask('GET', `${path}/messages?${query}`);
    expect(await page('page=1000000000&limit=200')).toMatchObject({
      status: 200,
      body: { data: { messages: [], total: 2, page: 1_000_000_000, totalPages: 1 } },
    });
    expect(await page('page=2&limit=1')).toMatchObject({ body: { data: { messages: [{ content: 'two' }] } } });
    for (const query of ['page=-1', 'page=0', 'limit=-1', 'limit=0', 'page=1.5', 'page=x', 'page=10000000000']) {
      expect(await page(query)).toMatchObject({ status: 400, body: { success: false } });
    }
    expect(await ann.ask('GET', '/conversations?page=9')).toMatchObject({
      body: { data: { conversations: [], total: 1 } },
    });
  });

  it('finds signs as they are, refuses what is too long, and lets nobody search elsewhere', async () => {
    const said = ['100% sure', 'snake_case', `it's "quoted"`, 'plain'];
    const { ann, path } = await talked(said);
    const found = async (q: string) => {
      const { body } = await ann.ask('GET', `${path}/search?q=${encodeURIComponent(q)}`);
      return body.data.messages.map(({ content }) => content);
    };
    expect(await found('%')).toEqual([said[0]]);
    expect(await found('_')).toEqual([said[1]]);
    for (const q of ["'", '"', '"QUOTED"', "it's"]) expect(await found(q)).toEqual([said[2]]);
    expect(await found("' or 1=1 --")).toEqual([]);
    for (const q of ['x'.repeat(201), 'x'.repeat(10_000)]) {
      expect(await ann.ask('GET', `${path}/search?q=${q}`)).toMatchObject({ status: 400 });
    }
    // The load balancer refuses a megabyte before the last of it was written, and a client may hear no more than that.
    const megabyte = ann.ask('GET', `${path}/search?q=${'x'.repeat(1_000_000)}`).then(({ status }) => status);
    expect([400, 413, 414, 'cut']).toContain(await megabyte.catch(() => 'cut'));
    for (const query of ['', '?q=', '?q=%20'])
      expect(await ann.ask('GET', `${path}/search${query}`)).toMatchObject({ status: 400 });
    expect(await person('Cy').ask('GET', `${path}/search?q=plain`)).toMatchObject({ status: 404 });
  });

  it('lets nobody read, mark or delete what they did not receive', async () => {
    const { ben, path, id } = await talked(['hello']);
    const stranger = person('Cy');
    const [, , conversationId] = path.split('/');
    expect(await stranger.ask('PUT', `${path}/read`)).toMatchObject({ status: 404, body: { success: false } });
    expect(await stranger.ask('GET', `${path}/messages`)).toMatchObject({ status: 404 });
    expect(await stranger.ask('DELETE', `/messages/${id}`)).toMatchObject({ status: 404 });
    const socket = await stranger.connect();
    for (const event of ['mark_as_read', 'join_conversation', 'typing']) {
      const refused = next(socket, 'error');
      socket.emit(event, { conversationId: Number(conversationId) });
      expect(await refused).toMatchObject({ code: 'not_found' });
    }
    expect((await ben.ask('GET', '/unread-count')).body.data).toMatchObject({ unreadCount: 1 });
  });
});
