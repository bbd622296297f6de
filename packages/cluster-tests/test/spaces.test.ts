import { randomInt } from 'node:crypto';
import { next, silence } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { callHttp, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

type Space = 'main' | 'direct-chat' | 'tutor-go';
const over = (space: Space, userId: string, role: 'user' | 'admin' = 'user') => ({
  url: cluster.urls[space] ?? '',
  token: cluster.token(userId, { space, role, name: `${userId} of ${space}` }),
});

/** A client of the native contract, which every space speaks too. */
function connect({ url, token }: { url: string; token: string }): Socket {
  const socket = io(url, { auth: { token, dialect: 'native' }, forceNew: true });
  onTestFinished(() => void socket.disconnect());
  return socket;
}

async function ready(at: { url: string; token: string }): Promise<Socket> {
  const socket = connect(at);
  await next(socket, 'session.ready', { withinMs: 20_000 });
  return socket;
}

/** The same two user ids in two spaces; in `direct-chat` they have a conversation with one message. */
async function twins() {
  const start = randomInt(1, 2 ** 40);
  const [ann, ben] = [String(start), String(start + 1)];
  for (const space of ['main', 'direct-chat'] as const) {
    for (const userId of [ann, ben]) await callHttp(over(space, userId), 'conversation.list', {});
  }
  const opened = await callHttp(over('direct-chat', ann), 'conversation.open', { peerId: ben });
  if (!opened.ok) throw new Error('no conversation');
  const { id } = opened.body.conversation;
  const sent = await callHttp(over('direct-chat', ann), 'message.send', {
    conversationId: id,
    body: `needle ${start}`,
  });
  if (!sent.ok) throw new Error('no message');
  return { ann, ben, id, messageId: sent.body.id, q: `needle ${start}` };
}

describe('two spaces', () => {
  it.each([
    ['main', 'direct-chat'],
    ['direct-chat', 'tutor-go'],
    ['tutor-go', 'main'],
  ] as const)("do not take each other's tokens: one of %s is nobody in %s, also an admin's", async (from, to) => {
    for (const role of ['user', 'admin'] as const) {
      const foreign = { url: over(to, 'x').url, token: over(from, 'somebody', role).token };
      expect(await callHttp(foreign, 'conversation.list', {})).toMatchObject({ ok: false, status: 401 });
      const refused = next(connect(foreign), 'connect_error', { withinMs: 20_000 });
      expect(await refused).toMatchObject({ data: { code: 'unauthenticated' } });
    }
    const token = over(from, 'somebody', 'admin').token;
    const routes = {
      'direct-chat': '/api/chat/conversations',
      'tutor-go': '/chat/conversations/somebody',
      main: '/v1/users',
    };
    const response = await fetch(`${over(to, 'x').url}${routes[to]}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(401);
  });

  it('show nothing of each other to the same user, by list, search, count or id', async () => {
    const { ann, id, messageId, q } = await twins();
    const here = over('main', ann);
    expect(await callHttp(over('direct-chat', ann), 'message.search', { q })).toMatchObject({
      body: { results: [{ message: { id: messageId } }] },
    });
    expect(await callHttp(here, 'message.search', { q })).toMatchObject({ body: { results: [] } });
    expect(await callHttp(here, 'conversation.list', {})).toMatchObject({ body: { conversations: [] } });
    expect(await callHttp(here, 'unread.total', {})).toMatchObject({ body: { total: 0 } });
    const gone = { ok: false, status: 404 };
    expect(await callHttp(here, 'conversation.get', { conversationId: id })).toMatchObject(gone);
    expect(await callHttp(here, 'history.page', { conversationId: id })).toMatchObject(gone);
    expect(await callHttp(here, 'search.page', { conversationId: id, q })).toMatchObject(gone);
    expect(await callHttp(here, 'message.delete', { messageId })).toMatchObject(gone);
    const admin = over('main', 'root', 'admin');
    const closed = await callHttp(admin, 'conversation.update', { conversationId: id, status: 'closed' });
    expect(closed).toMatchObject(gone);
    expect(await callHttp(admin, 'user.get', { userId: ann })).toMatchObject({ body: { name: `${ann} of main` } });
  });

  it('neither hear each other nor see who is there', async () => {
    const { ann, ben, id } = await twins();
    const [annThere, benHere, benThere] = await Promise.all([
      ready(over('direct-chat', ann)),
      ready(over('main', ben)),
      ready(over('direct-chat', ben)),
    ]);
    await callHttp(over('main', ben), 'conversation.open', { peerId: ann });
    const isOnline = (seen: unknown) => JSON.stringify(seen).includes('"online"');
    const watched: unknown = await benHere.emitWithAck('presence.watch', { userIds: [ann] });
    expect(watched).toMatchObject({ ok: true, presences: [{ userId: ann }] });
    // Where the cluster is young, nobody knows yet who is there.
    expect(isOnline(watched)).toBe(false);
    const nothing = ['message.created', 'typing.changed'].map((name) => silence(benHere, name));
    nothing.push(silence(benHere, 'presence.changed', { where: isOnline }));
    const noTyping = silence(annThere, 'typing.changed');
    const heard = next(benThere, 'message.created');
    expect(await benHere.emitWithAck('typing.start', { conversationId: id })).toMatchObject({
      error: { code: 'not_found' },
    });
    annThere.emit('message.send', { conversationId: id, body: 'here only' });
    expect(await heard).toMatchObject({ body: 'here only' });
    await Promise.all([...nothing, noTyping]);
  });

  it('give a booking and a revocation no meaning in each other', async () => {
    const { ann, ben } = await twins();
    const booking = { userA: ann, userB: ben, kind: 'booking', status: 'confirmed' } as const;
    expect(await callHttp(over('main', 'root', 'admin'), 'link.put', booking)).toMatchObject({ ok: true });
    for (const userId of [ann, ben]) await callHttp(over('tutor-go', userId), 'conversation.list', {});
    expect(await callHttp(over('tutor-go', ann), 'conversation.open', { peerId: ben })).toMatchObject({
      error: { code: 'not_permitted' },
    });
    const socket = await ready(over('direct-chat', ann));
    const stays = silence(socket, 'disconnect');
    expect(await callHttp(over('main', 'root', 'admin'), 'user.revoke', { userId: ann })).toMatchObject({ ok: true });
    await stays;
    expect(await callHttp(over('direct-chat', ann), 'conversation.list', {})).toMatchObject({ ok: true });
  });
});
