import { next, silence } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drain } from '../src/drain.ts';
import { createShedding, idlestFirst } from '../src/shed.ts';
import { startNode } from './support/node.ts';

let node: Awaited<ReturnType<typeof startNode>>;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.close());

describe('a node that gives clients away', () => {
  it('tells those that were silent for longest to move, each once, and leaves the others alone', async () => {
    const users = ['una', 'vic', 'wes', 'xia'];
    const first = await node.enter('una');
    const lives = [first];
    for (const user of users.slice(1)) lives.push(await node.enter(user));
    const told: string[] = [];
    for (const [i, { socket }] of lives.entries()) {
      socket.on('server.migrate', () => told.push(users[i] ?? ''));
    }
    // The first one to come speaks last.
    await first.call('conversation.list', {});

    const shedding = createShedding(node.connections, node.log);
    expect(shedding.shed(2, 20)).toBe(2);
    // Who is on the way is not asked again.
    expect(shedding.shed(1, 20)).toBe(1);
    await expect.poll(() => told.length).toBe(3);
    await silence(first.socket, 'server.migrate');
    expect(told.toSorted()).toEqual(['vic', 'wes', 'xia']);
    for (const { socket } of lives) socket.disconnect();
  });

  it('keeps its pace when some are closed and others move: each goes at its turn', async () => {
    const gone: string[] = [];
    const names = ['plain 1', 'plain 2', 'plain 3', 'mover 1', 'mover 2', 'mover 3'];
    for (const name of names) {
      const migrates = name.startsWith('mover');
      const { socket } = await node.enter(name.replace(' ', '-'), 'user', { migrates });
      if (migrates) socket.on('server.migrate', () => socket.disconnect());
      socket.on('disconnect', () => gone.push(name));
    }
    await drain(node.connections, 1_000);
    await expect.poll(() => gone).toEqual(names);
  });

  it('closes who does not move one after the other, so that it comes back, and has nobody at the end of its window', async () => {
    const enter = (name: string) => node.enter(name, 'user', { migrates: true });
    const [yan, zoe] = await Promise.all([enter('yan'), enter('zoe')]);
    const ends = [yan, zoe].map(({ socket }) => [next(socket, 'session.closing'), next(socket, 'disconnect')]);
    const startedAt = performance.now();
    await drain(node.connections, 500);
    expect(performance.now() - startedAt).toBeGreaterThan(300);
    for (const [closing, end] of ends) {
      expect(await closing).toMatchObject({ code: 'draining' });
      // A Socket.IO client reconnects after this one, and not after `io server disconnect`.
      expect(await end).toBe('transport close');
    }
    expect(node.connections.size).toBe(0);
  });

  it('lets those go first that wait for no answer', () => {
    const connection = (name: string, heardAt: number, inFlight = 0) => ({ name, heardAt, inFlight });
    const order = idlestFirst([connection('busy', 1, 1), connection('late', 3), connection('early', 2)]);
    expect(order.map(({ name }) => name)).toEqual(['early', 'late', 'busy']);
  });
});
