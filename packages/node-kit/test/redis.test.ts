import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { connectRedis } from '@parley/node-kit';
import { freePort, until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';

describe('a connection to a Redis that is away', () => {
  it('refuses commands at once, tells of the outage once, and lets the process live', async () => {
    const told: unknown[] = [];
    const log = { warn: (line: unknown) => told.push(line), info: () => {} };
    let tries = 0;
    const redis = connectRedis(`redis://127.0.0.1:${await freePort()}`, 'commands', { log });
    redis.on('error', () => (tries += 1));
    await expect(redis.get('x')).rejects.toThrow('enableOfflineQueue');
    await until(() => tries >= 3, { what: 'it tries again' });
    expect(told).toHaveLength(1);
    redis.disconnect();
  });
});

describe('a connection to a Redis that is frozen', () => {
  it('costs a caller about a second, and a subscriber waits', async () => {
    const frozen = await startFrozen();
    const redis = connectRedis(frozen.url, 'publisher', { enableReadyCheck: false });
    const subscriber = connectRedis(frozen.url, 'subscriber', { enableReadyCheck: false });
    await Promise.all([once(redis, 'ready'), once(subscriber, 'ready')]);
    const startedAt = performance.now();
    await expect(redis.publish('x', 'y')).rejects.toThrow('timed out');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    let settled = false;
    void subscriber.subscribe('x').then(
      () => (settled = true),
      () => (settled = true),
    );
    await expect(redis.publish('x', 'y')).rejects.toThrow('timed out');
    expect(settled).toBe(false);
    redis.disconnect();
    subscriber.disconnect();
    await frozen.close();
  });
});

/** Accepts connections and never says a word, but to the greeting. */
async function startFrozen() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const commands = data.toString().match(/^\*\d+/gm) ?? [];
      if (/hello|client|info/i.test(data.toString())) socket.write('+OK\r\n'.repeat(commands.length));
    });
  });
  const port = await freePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
