import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import { connect, serve } from './fixtures/world.ts';

describe('receipts and unread', () => {
  it('counts unread exactly, through own sends and reading on this device and another', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    const phone = connect(server, 'ana');
    await Promise.all([ana.client.caughtUp(), phone.client.caughtUp()]);
    for (const body of ['one', 'two']) log.send('bob', { conversationId: id, body });
    await ana.client.send({ conversationId: id, body: 'mine' });
    log.send('bob', { conversationId: id, body: 'three' });
    server.flush();
    await until(() => ana.client.unread === 3 && phone.client.unread === 3, { what: 'both count three' });
    await ana.client.markRead(id, 2);
    expect(ana.client.unread).toBe(1);
    await until(() => phone.client.unread === 1, { what: 'the phone hears of it' });
    await phone.client.markRead(id);
    await until(() => ana.client.unread === 0, { what: 'and the other way round' });
    expect(log.get('ana', id).unread).toBe(0);
  });

  it('reads at once without a connection, and the server hears of it later', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    log.send('bob', { conversationId: id, body: 'one' });
    server.flush();
    await ana.converges(log, id);
    server.state.faults.handshake = () => ({ code: 'overloaded' });
    server.cut();
    await until(() => ana.client.state.name !== 'online', { what: 'the connection is gone' });
    const read = ana.client.markRead(id);
    expect(ana.client.unread).toBe(0);
    server.state.faults.handshake = () => undefined;
    await read;
    expect(log.get('ana', id).unread).toBe(0);
  });

  it('tells senders by itself that their messages arrived, many at once', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    const bob = connect(server, 'bob');
    await Promise.all([ana.client.caughtUp(), bob.client.caughtUp()]);
    for (let n = 1; n <= 20; n += 1) await bob.client.send({ conversationId: id, body: `${n}` });
    await until(() => bob.client.conversation(id)?.receipts.get('ana')?.deliveredSeq === 20, {
      what: 'bob sees that all arrived',
    });
    const told = server.state.calls.filter(({ name, userId }) => name === 'receipt.delivered' && userId === 'ana');
    expect(told.length).toBeLessThan(5);
  });

  it('counts what the server counts below what it holds, also after a deletion there', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ids = ['one', 'two', 'three'].map((body) => log.send('bob', { conversationId: id, body }).id);
    server.flush();
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    expect(ana.client.unread).toBe(3);
    log.remove('bob', ids[1] ?? '');
    server.flush();
    await until(() => ana.client.unread === 2, { what: 'the deleted one is no longer counted' });
    await ana.client.markRead(id, 1);
    await until(() => ana.client.unread === 1, { what: 'the server was asked for what lies below' });
  });
});

describe('typing and presence', () => {
  it('tells who types until they stop, send, or fall silent', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    const bob = connect(server, 'bob');
    await Promise.all([ana.client.caughtUp(), bob.client.caughtUp()]);
    bob.client.startTyping(id);
    bob.client.startTyping(id);
    await until(() => ana.client.typing(id).includes('bob'), { what: 'bob types' });
    bob.client.stopTyping(id);
    await until(() => ana.client.typing(id).length === 0, { what: 'bob stops' });
    bob.client.startTyping(id);
    await until(() => ana.client.typing(id).includes('bob'), { what: 'bob types again' });
    await bob.client.send({ conversationId: id, body: 'hi' });
    await until(() => ana.client.typing(id).length === 0, { what: 'the message ends it' });
    expect(server.state.calls.filter(({ name }) => name === 'typing.start')).toHaveLength(2);
  });

  it('looks at the same conversations in the next session', async () => {
    const server = await serve();
    const id = server.state.log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    const bob = connect(server, 'bob');
    await Promise.all([ana.client.caughtUp(), bob.client.caughtUp()]);
    const looked: string[] = [];
    ana.client.on('viewing', ({ userId, viewing }) => looked.push(`${userId} ${viewing}`));
    bob.client.startViewing(id);
    await until(() => looked.length === 1, { what: 'bob looks' });
    for (const socket of server.sockets('bob')) socket.conn.close(true);
    await until(() => looked.length === 2, { what: 'the next session looks again' });
    bob.client.stopViewing(id);
    await until(() => looked.length === 3, { what: 'bob looks away' });
    expect(looked).toEqual(['bob true', 'bob true', 'bob false']);
  });

  it('tells what notifies its user, and asks for it in each session when the application wants it', async () => {
    const server = await serve();
    const id = server.state.log.direct('ana', 'bob');
    const ana = connect(server, 'ana', { notifications: true });
    const bob = connect(server, 'bob');
    await Promise.all([ana.client.caughtUp(), bob.client.caughtUp()]);
    const asks = (userId: string) => server.sockets(userId).map(({ handshake }) => handshake.auth['notifications']);
    expect([asks('ana'), asks('bob')]).toEqual([[true], [undefined]]);
    const notified: unknown[] = [];
    ana.client.on('notification', (notification) => notified.push(notification));
    for (const socket of server.sockets('ana')) socket.emit('notification.raised', { conversationId: id, unread: 2 });
    await until(() => notified.length === 1, { what: 'the notification' });
    expect(notified).toEqual([{ conversationId: id, unread: 2 }]);
  });

  it('watches the same users in the next session', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    await ana.client.caughtUp();
    expect(await ana.client.watch(['bob'])).toEqual([{ userId: 'bob', status: 'offline' }]);
    const bob = connect(server, 'bob');
    await bob.client.caughtUp();
    for (const socket of server.sockets('ana')) socket.conn.close(true);
    await until(() => ana.client.presence('bob')?.status === 'online', { what: 'the next session asks again' });
    expect(ana.names('presence').at(-1)).toEqual({ userId: 'bob', status: 'online' });
  });

  it('watches no more than one connection may', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    const many = Array.from({ length: 501 }, (_, n) => `user ${n}`);
    await expect(ana.client.watch(many)).rejects.toMatchObject({ code: 'limit_reached' });
  });
});

describe('changing what was said', () => {
  it('edits and deletes, and tells everybody once', async () => {
    const server = await serve();
    const { log } = server.state;
    const id = log.direct('ana', 'bob');
    const ana = connect(server, 'ana');
    const bob = connect(server, 'bob');
    await Promise.all([ana.client.caughtUp(), bob.client.caughtUp()]);
    const { id: message } = await ana.client.send({ conversationId: id, body: 'teh' });
    await bob.converges(log, id);
    expect(await ana.client.edit(message, 'the')).toMatchObject({ body: 'the' });
    await until(() => bob.bodies(id)[0] === 'the', { what: 'bob sees the edit' });
    await ana.client.remove(message);
    await until(() => bob.rows(id)[0]?.deletedAt !== undefined, { what: 'bob sees the tombstone' });
    await until(() => ana.names('changed').length === 2, { what: 'ana was told twice' });
    expect(bob.names('changed')).toHaveLength(2);
  });

  it('opens conversations and makes groups', async () => {
    const server = await serve();
    const ana = connect(server, 'ana');
    expect(await ana.client.open('bob')).toMatchObject({ kind: 'direct', peerId: 'bob', unread: 0 });
    expect(await ana.client.createGroup('Team', ['bob', 'cy'])).toMatchObject({ kind: 'group', title: 'Team' });
    expect(ana.client.conversations).toHaveLength(2);
  });
});
