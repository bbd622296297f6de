import { setTimeout as pause } from 'node:timers/promises';
import { next, until } from '@parley/testkit';
import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'alien-fit';
const url = cluster.urls[space] ?? '';
/** As the document says, and what the issue demands. */
const beatEveryMs = 25_000;
const goneWithinMs = 60_000;

async function connect(userId: string) {
  const socket = io(url, { auth: { token: cluster.token(userId, { space }) }, forceNew: true });
  onTestFinished(() => void socket.disconnect());
  await next(socket, 'connect');
  return socket;
}

async function statusOf(userId: string): Promise<string> {
  const headers = { authorization: `Bearer ${cluster.token('root', { space, role: 'admin' })}` };
  const response = await fetch(`${url}/api/v1/chat/presence/${userId}`, { headers });
  return ((await response.json()) as { data: { status: string } }).data.status;
}

describe('the heartbeat of alien-fit', () => {
  it('whoever stops beating is offline within 60 s although the socket is open, and a beat brings them back; whoever beats stays', async () => {
    await cluster.whole();
    const [silent, beating] = await Promise.all([connect('silent'), connect('beating')]);
    const connectedAt = performance.now();
    const beats = setInterval(() => beating.emit('heartbeat'), beatEveryMs);
    onTestFinished(() => clearInterval(beats));
    const isOnline = async (userId: string) => (await statusOf(userId)) === 'online';
    await until(async () => (await isOnline('silent')) && (await isOnline('beating')), {
      what: 'both are online',
      withinMs: 30_000,
    });

    const seen = new Set<string>();
    let goneAt = 0;
    while (performance.now() < connectedAt + goneWithinMs + beatEveryMs) {
      seen.add(await statusOf('beating'));
      if (goneAt === 0 && (await statusOf('silent')) === 'offline') goneAt = performance.now();
      await pause(500);
    }
    const goneAfterMs = goneAt - connectedAt;
    console.log(`offline ${(goneAfterMs / 1000).toFixed(1)} s after the only beat`);
    expect(goneAfterMs).toBeGreaterThan(0);
    expect(goneAfterMs).toBeLessThan(goneWithinMs);
    expect(silent.connected).toBe(true);
    expect([...seen]).toEqual(['online']);

    silent.emit('heartbeat');
    await until(() => isOnline('silent'), { what: 'a beat brings them back' });
  }, 180_000);
});
