import { randomBytes } from 'node:crypto';
import { next, until } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
const space = 'precious-jewellery';
const url = cluster.urls[space] ?? '';
const crowd = 1_000;
const atOnce = 50;
const broadcasts = 20;

type Row = { message: string; lastMessage: Row | null };
type Guest = { token: string; socket: Socket; connectedAt: number; heard: string[] };

async function ask<T>(token: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${url}/api/v0/chat${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { data } = (await response.json()) as { data: T };
  expect(response.ok, path).toBe(true);
  return data;
}

/** A client of the document: nothing but the token, long-polling first. */
async function arrive(token: string): Promise<Guest> {
  const socket = io(url, { auth: { token }, forceNew: true });
  onTestFinished(() => void socket.disconnect());
  const heard: string[] = [];
  socket.on('admin_broadcast', (told: { data: Row }) => void heard.push(told.data.message));
  await next(socket, 'connect', { withinMs: 60_000 });
  return { token, socket, heard, connectedAt: performance.now() };
}

describe('what an admin says to everybody', () => {
  it(`while ${crowd} users connect: all know of it, who was there hears each once and in order, and each is stored once`, async () => {
    await cluster.whole();
    const mark = randomBytes(4).toString('hex');
    const root = cluster.token(`root-${mark}`, { space, role: 'admin' });
    const guests: Guest[] = [];
    const said: { message: string; at: number }[] = [];
    let conversationId = '';
    const speak = async () => {
      const message = `${said.length + 1} of ${mark}`;
      const at = performance.now();
      const row = await ask<{ conversationId: string }>(root, 'POST', '/admin/broadcast', { message });
      ({ conversationId } = row);
      said.push({ message, at });
    };

    let arriving = 0;
    const come = async () => {
      while (arriving < crowd) {
        arriving += 1;
        guests.push(await arrive(cluster.token(`guest-${mark}-${arriving}`, { space, name: `Guest ${arriving}` })));
      }
    };
    const startedAt = performance.now();
    const coming = Promise.all(Array.from({ length: atOnce }, come));
    for (let i = 1; i <= broadcasts; i += 1) {
      await until(() => guests.length >= (i * crowd) / (broadcasts + 1), {
        what: `part ${i} is there`,
        withinMs: 60_000,
      });
      await speak();
    }
    await coming;
    const cameWithinMs = performance.now() - startedAt;

    const messages = said.map(({ message }) => message);
    const { message: last, at: lastAt } = said.at(-1) ?? expect.fail('nothing was said');
    await until(() => guests.every(({ heard, connectedAt }) => connectedAt > lastAt || heard.includes(last)), {
      what: 'all who were there hear the last one',
      withinMs: 60_000,
    });
    for (const { heard, connectedAt } of guests) {
      const whileThere = said.filter(({ at }) => at > connectedAt).map(({ message }) => message);
      // What was said while they came they may hear, or find.
      expect(heard.filter((message) => whileThere.includes(message))).toEqual(whileThere);
      expect(heard).toEqual(messages.slice(messages.length - heard.length));
    }
    let found = 0;
    for (let i = 0; i < guests.length; i += atOnce) {
      const some = guests.slice(i, i + atOnce);
      const histories = await Promise.all(
        some.map(({ token }) => ask<Row[]>(token, 'GET', `/conversation/${conversationId}/messages?limit=100`)),
      );
      for (const history of histories) {
        expect(history.map(({ message }) => message).filter((message) => message.endsWith(mark))).toEqual(messages);
        found += 1;
      }
    }
    const hearings = guests.reduce((sum, { heard }) => sum + heard.length, 0);
    console.log(
      [
        `${guests.length} users connected within ${Math.round(cameWithinMs)} ms, ${atOnce} at a time, while an admin spoke ${said.length} times`,
        `${hearings} times heard live; ${found} of ${guests.length} histories hold all ${said.length}, each once, in order`,
      ].join('\n'),
    );
    expect(found).toBe(crowd);
  }, 600_000);
});
