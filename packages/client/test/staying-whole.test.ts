import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../src/index.ts';
import type { Json } from '../src/storage/storage.ts';
import { createLog } from './fixtures/log.ts';
import { connect, serve } from './fixtures/world.ts';

/** Repeatable chance (Park and Miller). */
function chance(seed: number): () => number {
  let state = seed * 7_919;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('staying whole', () => {
  it.each([1, 2, 3])(
    'hears every message once and in order while pushes are lost, doubled and late (%i)',
    async (seed) => {
      const random = chance(seed);
      const server = await serve();
      const { log } = server.state;
      const id = log.group('Team', ['ana', 'bob', 'cy']);
      server.flush();
      const ana = connect(server, 'ana');
      const bob = connect(server, 'bob');
      await Promise.all([ana.client.caughtUp(), bob.client.caughtUp()]);
      server.state.faults.push = () => {
        const x = random();
        return x < 0.2 ? 'lose' : x < 0.35 ? 'double' : x < 0.5 ? 'late' : 'tell';
      };
      server.state.faults.losesAck = (name) => name === 'message.send' && random() < 0.1;
      for (let n = 0; n < 60; n += 1) {
        const { id: message } = log.send('cy', { conversationId: id, body: `cy ${n}` });
        if (random() < 0.3) log.edit('cy', message, `cy ${n}, edited`);
        if (random() < 0.1) log.remove('cy', message);
        if (random() < 0.3) log.read('cy', id, n);
        server.flush();
        if (random() < 0.2) server.release();
        if (random() < 0.06) server.cut();
        if (n % 6 === 0) await bob.client.send({ conversationId: id, body: `bob ${n}` });
      }
      server.release();
      server.state.faults.push = () => 'tell';
      log.send('cy', { conversationId: id, body: 'last' });
      server.flush();
      for (const user of [ana, bob]) {
        const { client, rows } = user;
        await user.converges(log, id);
        await until(() => rows(id).every((row) => row.rev === log.messages(id)[row.seq - 1]?.rev), {
          what: 'edits arrive',
        });
        expect(rows(id)).toEqual(log.messages(id));
        expect(client.conversation(id)?.messages).toEqual(log.messages(id));
        await until(
          () => client.conversation(id)?.receipts.get('cy')?.readSeq === log.receipts(id).get('cy')?.readSeq,
          {
            what: 'the last receipt arrives',
          },
        );
        const userId = client.userId ?? '';
        await until(() => client.conversation(id)?.unread === log.get(userId, id).unread, { what: 'unread is exact' });
      }
    },
  );

  it('hears of everything that happened while it was away, page by page', async () => {
    const log = createLog('epoch', { messages: 7, changes: 3, behindMax: 500 });
    const server = await serve(log);
    const ids = ['one', 'two', 'three'].map((title) => log.group(title, ['ana', 'bob']));
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    server.cut();
    for (const id of ids) for (let n = 0; n < 30; n += 1) log.send('bob', { conversationId: id, body: `${n}` });
    for (const id of ids) await ana.converges(log, id);
    for (const id of ids) expect(ana.bodies(id)).toEqual(log.messages(id).map(({ body }) => body));
  });

  it('reads the rest of a large inbox and hears in all of it', async () => {
    const log = createLog();
    const server = await serve(log, { readyConversations: 5 });
    const ids = Array.from({ length: 450 }, (_, n) => log.group(`Talk ${n}`, ['ana', 'bob']));
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    expect(ana.client.conversations).toHaveLength(450);
    server.cut();
    for (const id of ids) log.send('bob', { conversationId: id, body: 'new' });
    await until(() => ana.client.unread === 450, { what: 'each has one more' });
    await until(() => ids.every((id) => ana.bodies(id).length === 1), { what: 'each is told' });
    const syncs = server.state.calls.filter(({ name }) => name === 'sync');
    for (const { input } of syncs)
      expect((input as { conversations: unknown[] }).conversations.length).toBeLessThanOrEqual(200);
  });

  it('tells a conversation that came into being while it was away from its beginning', async () => {
    const server = await serve();
    const { log } = server.state;
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    server.cut();
    const id = log.direct('ana', 'bob');
    log.send('bob', { conversationId: id, body: 'hi' });
    log.send('bob', { conversationId: id, body: 'there' });
    await ana.converges(log, id);
    expect(ana.bodies(id)).toEqual(['hi', 'there']);
    expect(ana.client.conversation(id)?.unread).toBe(2);
  });

  it('begins at the heads, tells what comes from then on, and loads older pages when asked', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    for (let n = 1; n <= 25; n += 1) log.send('bob', { conversationId: id, body: `${n}` });
    server.flush();
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    expect(ana.client.conversation(id)).toMatchObject({ unread: 25, lastSeq: 25, messages: [], hasOlder: true });
    log.send('bob', { conversationId: id, body: '26' });
    server.flush();
    await until(() => ana.bodies(id).length === 1, { what: 'the new one is told' });
    expect(await ana.client.loadOlder(id, 10)).toBe(true);
    expect(await ana.client.loadOlder(id, 100)).toBe(false);
    expect(ana.client.conversation(id)?.messages).toEqual(log.messages(id));
    expect(ana.client.conversation(id)).toMatchObject({ unread: 26, hasOlder: false });
    expect(ana.bodies(id)).toEqual(['26']);
  });

  it('goes on after a restart where the last start ended', async () => {
    const entries = new Map<string, Json>();
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana', { storage: memoryStorage(entries) });
    await ana.client.caughtUp();
    const { id: first } = log.send('bob', { conversationId: id, body: 'one' });
    server.flush();
    await ana.converges(log, id);
    await ana.client.close();
    log.send('bob', { conversationId: id, body: 'two' });
    log.edit('bob', first, 'ONE');
    const again = connect(server, 'ana', { storage: memoryStorage(entries) });
    await again.client.caughtUp();
    expect(again.bodies(id)).toEqual(['two']);
    expect(again.names('changed')).toMatchObject([{ id: first, body: 'ONE' }]);
    expect(again.client.conversation(id)?.unread).toBe(2);
  });

  it('goes on after a crash near where it was: what it told last may be told again, and nothing is missing', async () => {
    const entries = new Map<string, Json>();
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana', { storage: memoryStorage(entries) });
    await ana.client.caughtUp();
    log.send('bob', { conversationId: id, body: 'one' });
    server.flush();
    await until(() => (entries.get(`cursor/${id}`) as { seq: number } | undefined)?.seq === 1, { what: 'it is kept' });
    // What a killed process leaves is what the storage has at this moment.
    const left = new Map(entries);
    log.send('bob', { conversationId: id, body: 'two' });
    const again = connect(server, 'ana', { storage: memoryStorage(left) });
    await again.converges(log, id);
    expect(again.bodies(id)).toEqual(['two']);
  });

  it('says that it skips when it was too far behind, and goes on with the newest page', async () => {
    const log = createLog('epoch', { messages: 10, changes: 10, behindMax: 20 });
    const server = await serve(log);
    const id = log.group('Busy', ['ana', 'bob']);
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    server.state.faults.push = () => 'lose';
    server.cut();
    for (let n = 1; n <= 100; n += 1) log.send('bob', { conversationId: id, body: `${n}` });
    await ana.converges(log, id);
    expect(ana.names('reset')).toMatchObject([{ reason: 'limited', afterSeq: 0, nextSeq: 91 }]);
    expect(ana.rows(id).map(({ seq }) => seq)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    await until(() => ana.client.conversation(id)?.unread === 100, { what: 'unread counts what was skipped' });
  });

  it('starts over under another epoch, whose numbers mean other messages', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    for (const body of ['a', 'b', 'lost by the restore']) log.send('bob', { conversationId: id, body });
    server.flush();
    await ana.converges(log, id);
    const restored = createLog('epoch-2');
    restored.direct('ana', 'bob');
    for (const body of ['a', 'b', 'new', 'newer']) restored.send('bob', { conversationId: id, body });
    server.replaceLog(restored);
    server.cut();
    await ana.converges(restored, id);
    expect(ana.names('reset')).toMatchObject([{ reason: 'epoch', conversationId: id }]);
    expect(ana.client.conversation(id)?.messages).toEqual(restored.messages(id));
    expect(ana.bodies(id).slice(3)).toEqual(['a', 'b', 'new', 'newer']);
  });

  it('starts over when the epoch changed while nothing ran: what an earlier start told is void too', async () => {
    const entries = new Map<string, Json>();
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const lost = log.group('Made after the backup', ['ana', 'bob']);
    const ana = connect(server, 'ana', { storage: memoryStorage(entries) });
    await ana.client.caughtUp();
    for (const body of ['a', 'b', 'lost by the restore']) log.send('bob', { conversationId: id, body });
    log.send('bob', { conversationId: lost, body: 'lost as well' });
    server.flush();
    await Promise.all([ana.converges(log, id), ana.converges(log, lost)]);
    await ana.client.close();
    const restored = createLog('epoch-2');
    restored.direct('ana', 'bob');
    for (const body of ['a', 'b', 'takes the number']) restored.send('bob', { conversationId: id, body });
    server.replaceLog(restored);
    const again = connect(server, 'ana', { storage: memoryStorage(entries) });
    await again.client.caughtUp();
    await again.converges(restored, id);
    const resets = new Set(again.names('reset'));
    expect(resets).toEqual(
      new Set([
        { reason: 'epoch', conversationId: id, afterSeq: 3, nextSeq: 1 },
        { reason: 'epoch', conversationId: lost, afterSeq: 1, nextSeq: 1 },
      ]),
    );
    expect(again.names('reset')).toHaveLength(resets.size);
    expect(again.bodies(id)).toEqual(['a', 'b', 'takes the number']);
    expect(again.client.conversation(lost)).toBeUndefined();
  });

  it('notices another epoch during a session, by the heads that a node announces', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    log.send('bob', { conversationId: id, body: 'old' });
    server.flush();
    await ana.converges(log, id);
    const restored = createLog('epoch-2');
    restored.direct('ana', 'bob');
    server.replaceLog(restored);
    for (const body of ['x', 'y', 'z']) restored.send('bob', { conversationId: id, body });
    server.flush();
    const conversations = [{ id, lastSeq: 3, rev: restored.rev(id) }];
    for (const socket of server.sockets('ana')) socket.emit('heads', { epoch: 'epoch-2', conversations });
    await until(() => ana.names('reset').length === 1, { what: 'it starts over' });
    await ana.converges(restored, id);
    expect(ana.client.conversation(id)?.messages).toEqual(restored.messages(id));
  });

  it('tells the last message of a burst whose push was lost as soon as heads are announced', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    server.state.faults.push = () => 'lose';
    log.send('bob', { conversationId: id, body: 'unheard' });
    server.flush();
    const heads = { epoch: log.epoch, conversations: [{ id, lastSeq: 1, rev: log.rev(id) }] };
    for (const socket of server.sockets('ana')) socket.emit('heads', heads);
    await ana.converges(log, id);
    expect(ana.bodies(id)).toEqual(['unheard']);
  });

  it('says when a membership ends and when it begins again', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.group('Team', ['bob', 'ana']);
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    log.send('bob', { conversationId: id, body: 'seen' });
    log.removeMember(id, 'ana');
    server.flush();
    // Nobody tells somebody who left: the next session does.
    server.cut();
    await until(() => ana.client.conversation(id)?.gone === true, { what: 'ana learns that she left' });
    log.send('bob', { conversationId: id, body: 'unseen' });
    log.addMember(id, 'ana');
    log.send('bob', { conversationId: id, body: 'back' });
    server.flush();
    await until(() => ana.bodies(id).at(-1) === 'back', { what: 'ana hears again' });
    expect(ana.bodies(id)).not.toContain('unseen');
    expect(ana.client.conversation(id)).toMatchObject({ gone: false });
  });
});
