import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { next } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const command = join(root, 'packages/cluster/bin/parley');
const options = { cwd: root, maxBuffer: 2 ** 28 };

/** Brings lines into a space as the host does. */
async function bring(space: string, lines: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-moved-in-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'product.ndjson');
  writeFileSync(file, [JSON.stringify({ line: 'head', version: 1 }), ...lines, ''].join('\n'));
  await run(command, ['import', space, file, '--dir', cluster.dir], options);
}

/** The lines that a space gives of what has this id. */
async function given(space: string, id: string): Promise<string[]> {
  const { stdout } = await run(command, ['export', space, '--dir', cluster.dir], options);
  return stdout.split('\n').filter((line) => line.includes(id));
}

const asLines = (all: readonly object[]) => all.map((one) => JSON.stringify(one));
const idsOfMessages = (lines: readonly string[]) =>
  lines.filter((line) => line.includes('"line":"message"')).map((line) => (JSON.parse(line) as { id: string }).id);

/** A user of a product: its document's client, with nothing but the token. */
function person(space: string, id: string, base: string) {
  const url = cluster.urls[space] ?? '';
  const token = cluster.token(id, { space });
  return {
    id,
    async ask(method: string, path: string, body?: object): Promise<[status: number, data: unknown]> {
      const response = await fetch(`${url}${base}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const answer = (await response.json()) as { data?: unknown };
      return [response.status, answer.data];
    },
    connect: (slot: string): Promise<Socket> =>
      cluster.withNewSessionsOn([slot], async () => {
        const socket = io(url, { auth: { token }, forceNew: true, transports: ['websocket'] });
        onTestFinished(() => void socket.disconnect());
        await next(socket, 'connect', { withinMs: 20_000 });
        return socket;
      }),
  };
}

const at = (minute: number) => `2025-03-01T08:0${minute}:00.000Z`;
const withinMs = 20_000;

it('clients of a product with integers find what it brought under its own, and use them', {
  timeout: 90_000,
}, async () => {
  const [first, chat, message] = [randomInt(1, 2 ** 40), randomInt(1, 2 ** 30 - 1), randomInt(1, 2 ** 47)];
  const [ann, ben, cy] = [0, 1, 2].map((i) => person('direct-chat', String(first + i), '/api/chat'));
  if (!ann || !ben || !cy) throw new Error('nobody');
  const said = ({ id: senderId }: typeof ann, i: number) => ({
    line: 'message',
    conversationId: String(chat),
    id: String(message + i),
    senderId,
    body: `needle ${i}`,
    createdAt: at(i),
  });
  await bring(
    'direct-chat',
    asLines([
      ...[ann, ben].map(({ id }) => ({ line: 'user', id })),
      { line: 'conversation', id: String(chat), kind: 'direct', userIds: [ann.id, ben.id], createdAt: at(0) },
      said(ann, 1),
      said(ann, 2),
      said(ben, 3),
    ]),
  );

  const [atAnns, atBens] = [await ann.connect('s1'), await ben.connect('s2')];
  expect(await ben.ask('GET', '/conversations')).toMatchObject([
    200,
    { conversations: [{ id: chat, unread_count: 2 }] },
  ]);
  expect(await ben.ask('GET', '/unread')).toMatchObject([200, [{ conversationId: chat, unreadCount: 2 }]]);
  const rows = (...numbers: number[]) => numbers.map((i) => ({ id: message + i, conversation_id: chat }));
  const history = `/conversations/${chat}/messages`;
  expect(await ben.ask('GET', history)).toMatchObject([200, { messages: rows(1, 2, 3) }]);
  expect(await ben.ask('GET', `/conversations/${chat}/search?q=needle%202`)).toMatchObject([
    200,
    { messages: rows(2) },
  ]);

  await atAnns.emitWithAck('join_conversation', { conversationId: chat });
  const joined = next(atAnns, 'user_joined', { withinMs });
  await atBens.emitWithAck('join_conversation', { conversationId: chat });
  expect(await joined).toMatchObject({ conversationId: chat });
  const read = next(atAnns, 'messages_read', { withinMs });
  atBens.emit('mark_as_read', { conversationId: chat });
  expect(await read).toMatchObject({ conversationId: chat, userId: Number(ben.id) });
  expect(await ben.ask('GET', '/unread-count')).toMatchObject([200, { unreadCount: 0 }]);

  const heard = next<{ id: number }>(atBens, 'new_message', { withinMs });
  atAnns.emit('send_message', { receiverId: Number(ben.id), conversationId: chat, content: 'since' });
  const { id, ...created } = await heard;
  expect(created).toMatchObject({ conversationId: chat, content: 'since' });
  expect(id).toBeGreaterThan(2 ** 52);

  expect(await cy.ask('GET', history)).toEqual([404, undefined]);
  expect(await cy.ask('DELETE', `/messages/${message + 1}`)).toEqual([404, undefined]);
  expect(await ann.ask('DELETE', `/messages/${message + 1}`)).toMatchObject([200, { id: message + 1 }]);
  expect(await ann.ask('DELETE', `/messages/${message}`)).toEqual([404, undefined]);
  expect(await ben.ask('GET', history)).toMatchObject([
    200,
    { messages: [...rows(2, 3), { id, conversation_id: chat }] },
  ]);
  const ids = idsOfMessages(await given('direct-chat', `"conversationId":"${chat}"`));
  expect(ids.slice(0, 3)).toEqual([1, 2, 3].map((i) => String(message + i)));
});

it('clients of a product with texts find what it brought under its own, and use them', {
  timeout: 90_000,
}, async () => {
  const mark = randomBytes(6).toString('hex');
  const space = 'precious-jewellery';
  const [ann, ben] = ['ann', 'ben'].map((name) => person(space, `${name}-${mark}`, '/api/v0/chat'));
  if (!ann || !ben) throw new Error('nobody');
  const chat = `chat/${mark}`;
  const named = (i: number) => `${mark} №${i}`;
  const said = ({ id: senderId }: typeof ann, i: number, more = {}) => ({
    line: 'message',
    conversationId: chat,
    id: named(i),
    senderId,
    body: `needle ${i}`,
    createdAt: at(i),
    ...more,
  });
  const lines = [
    ...[ann, ben].map(({ id }) => ({ line: 'user', id })),
    { line: 'conversation', id: chat, kind: 'direct', userIds: [ann.id, ben.id], createdAt: at(0) },
    said(ann, 1),
    said(ben, 2, { replyTo: named(1) }),
    said(ann, 3),
  ];
  await bring(space, asLines(lines));
  const first = await given(space, mark);
  const rows = first.map((line) => JSON.parse(line) as { line: string });
  expect(rows.filter(({ line }) => line !== 'member')).toMatchObject(lines);
  // What it gives comes back as it went out.
  await bring(space, first);
  expect(await given(space, mark)).toEqual(first);

  const [atAnns, atBens] = [await ann.connect('s1'), await ben.connect('s2')];
  const [, listed] = await ben.ask('GET', '/conversations');
  const mine = (listed as { id: string }[]).find(({ id }) => id === chat);
  expect(mine).toMatchObject({ _id: chat, unreadCount: 2, lastMessage: { id: named(3), conversationId: chat } });
  const history = `/conversation/${encodeURIComponent(chat)}/messages`;
  const row = (i: number, more = {}) => ({ id: named(i), conversationId: chat, ...more });
  expect(await ben.ask('GET', history)).toMatchObject([200, [row(1), row(2, { replyTo: named(1) }), row(3)]]);

  const read = next(atAnns, 'message_read', { withinMs });
  const one = `/message/${encodeURIComponent(named(3))}`;
  expect(await ben.ask('PUT', `${one}/read`)).toMatchObject([200, { messageId: named(3), unreadCount: 1 }]);
  expect(await read).toMatchObject({ messageIds: [named(3)], conversationId: chat, readBy: ben.id });

  const reacted = next(atBens, 'message_reaction', { withinMs });
  expect(await ann.ask('POST', `/message/${encodeURIComponent(named(2))}/reaction`, { emoji: '👍' })).toMatchObject([
    200,
    { messageId: named(2), conversationId: chat },
  ]);
  expect(await reacted).toMatchObject({
    data: { messageId: named(2), conversationId: chat, reactions: [{ count: 1 }] },
  });

  const heard = next<{ data: { id: string } }>(atAnns, 'new_message', { withinMs });
  atBens.emit('send_message', { receiverId: ann.id, message: 'an answer', replyTo: named(1) });
  const { data } = await heard;
  expect(data).toMatchObject({ conversationId: chat, replyTo: named(1), message: 'an answer' });
  expect(data.id).toMatch(/^[0-9a-f-]{36}$/);

  expect(await ann.ask('DELETE', one)).toMatchObject([200, { messageId: named(3), isDeleted: true }]);
  expect(await ann.ask('GET', history)).toMatchObject([200, [row(1), row(2), { id: data.id, replyTo: named(1) }]]);
  const elsewhere = person('trainer-chat', ann.id, '/chat');
  expect(await elsewhere.ask('GET', `/conversations/${encodeURIComponent(chat)}`)).toEqual([404, undefined]);
  expect(await elsewhere.ask('PUT', `/messages/${encodeURIComponent(named(1))}/read`)).toEqual([404, undefined]);
  const last = await given(space, mark);
  expect(idsOfMessages(last)).toEqual([1, 2, 3].map(named).concat(data.id));
  const untouched = first.filter((line) => line.includes(`"id":"${named(1)}"`));
  expect(last.filter((line) => line.includes(`"id":"${named(1)}"`))).toEqual(untouched);
});
