import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { budgets, limits } from '@parley/protocol';
import { until, whileHeld } from '@parley/testkit';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { clientAddress, type Live, startNode } from './support/node.ts';

type Node = Awaited<ReturnType<typeof startNode>>;

let node: Node;
let ada: Live;
let session: Awaited<ReturnType<Node['session']>>;
let conversationId: string;

beforeAll(async () => {
  node = await startNode();
  [ada] = [await node.enter('ada'), await node.enter('ben')];
  const opened = await ada.call('conversation.open', { peerId: 'ben' });
  if (!opened.ok || !('conversation' in opened)) throw new Error('the conversation was not opened');
  conversationId = opened.conversation.id;
  session = await node.session();
});
afterAll(async () => {
  await session.end();
  await node.close();
});

const send = (body: unknown, rest: object = {}) => ada.call('message.send', { conversationId, body, ...rest });

const held = <T>(work: () => Promise<T>): Promise<T> => whileHeld(session, work);

describe('a payload that does not fit', () => {
  it('costs what one does that fits', async () => {
    const cara = await node.enter('cara');
    const tries = Array.from({ length: budgets.session.points + 1 }, () => cara.call('auth.refresh', { token: 7 }));
    const codes = (await Promise.all(tries)).map((answer) => !answer.ok && answer.error.code);
    expect(codes).toEqual([...tries.slice(1).map(() => 'invalid'), 'rate_limited']);
  });

  it('is told each place and what it must be, in words', async () => {
    expect(await send('x'.repeat(limits.bodyCharsMax + 1), { clientId: '7', admin: true })).toEqual({
      ok: false,
      error: {
        code: 'invalid',
        message: 'The payload does not match its schema: /admin is an unknown field.',
        details: [
          { path: '/admin', message: 'is an unknown field' },
          { path: '/clientId', message: 'must be a UUID' },
          { path: '/body', message: 'must have at most 8,000 characters' },
        ],
      },
    });
  });
});

describe('a store that cannot do it now', () => {
  it('makes a session busy that has too many commands in flight; those before are stored', async () => {
    const busy = await held(async () => {
      const sending = Array.from({ length: limits.inFlightCommandsMax }, (_, i) => send(`${i}`));
      const last = await send('one too many');
      await session.query('rollback');
      expect((await Promise.all(sending)).filter(({ ok }) => !ok)).toEqual([]);
      return last;
    });
    expect(busy).toMatchObject({ ok: false, error: { code: 'busy' } });
  });

  it('is outcome_unknown when it goes away in the middle, and the same clientId tells', async () => {
    const clientId = randomUUID();
    const answer = await held(async () => {
      const sending = send('in flight', { clientId });
      await until(
        async () => {
          const { rowCount } = await session.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where wait_event_type = 'Lock' and datname = current_database() and application_name like 'parley sends %'`,
          );
          return rowCount === 1;
        },
        { what: 'the send waits, and its session is ended' },
      );
      return sending;
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'outcome_unknown' } });
    await until(async () => (await send('in flight', { clientId })).ok, { what: 'the retry is answered' });
    expect(await send('in flight', { clientId })).toMatchObject({ ok: true, duplicate: true });
  });

  it('is internal when something of ours is broken: no word about it in the answer, all of it in the log', async () => {
    await session.query('alter table messages rename to messages_away');
    const before = node.logged.length;
    const answer = await ada.call('history.page', { conversationId });
    await session.query('alter table messages_away rename to messages');
    const message = 'A defect of ours, logged with its ids. It may be done.';
    expect(answer).toEqual({ ok: false, error: { code: 'internal', message } });
    const words = node.logged.slice(before).map(({ err }) => err?.message);
    expect(words).toContainEqual(expect.stringContaining('messages'));
    expect((await ada.call('history.page', { conversationId })).ok).toBe(true);
  });
});

describe('the log of a busy node, at its loudest', () => {
  it('names who did what where, and holds no token, nothing that was written and no address', async () => {
    const body = 'nobody but ben may read this';
    const before = node.logged.length;
    await send(body);
    await send(body, { clientId: '7' });
    await session.query('alter table messages rename to messages_away');
    await send(body);
    await session.query('alter table messages_away rename to messages');
    const lines = node.logged.slice(before);
    const ids = {
      command: 'message.send',
      userId: 'ada',
      connectionId: ada.socket.id,
      conversationId,
      nodeId: 'socket',
    };
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'a command was done', ...ids }));
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'a command was refused', code: 'invalid' }));
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'a command failed', ...ids }));
    const everything = JSON.stringify(node.logged);
    for (const secret of [body, ada.token, clientAddress, 'in flight']) expect(everything).not.toContain(secret);
  });
});

describe('a handshake that is refused at the request', () => {
  const path = 'socket.io/?EIO=4&transport=';
  const headers = () => ({ ...node.headers, origin: 'https://evil.example' });

  it('is a 403 with the code as its message to polling', async () => {
    const answer = await fetch(`${node.url}/${path}polling`, { headers: headers() });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toEqual({ code: 4, message: 'origin_refused' });
  });

  it('is a 400 with the code as its text to a WebSocket', async () => {
    const socket = new WebSocket(`${node.url.replace('http', 'ws')}/${path}websocket`, { headers: headers() });
    socket.on('error', () => undefined);
    const [, answer] = await once(socket, 'unexpected-response');
    expect(answer.statusCode).toBe(400);
    const [text] = await once(answer, 'data');
    expect(String(text)).toBe('origin_refused');
  });
});

describe('a namespace that is not the default one', () => {
  it('is answered as invalid', async () => {
    const socket = io(`${node.url}/foreign`, {
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
      extraHeaders: node.headers,
    });
    onTestFinished(() => void socket.disconnect());
    const refusal = await new Promise<Error>((resolve) => socket.once('connect_error', resolve));
    expect(refusal.message).toBe('Invalid namespace');
  });
});
