import type { Caller } from '@parley/core';
import type { Presence } from '@parley/protocol';
import { createMemoryPresence, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAcquaintances } from '../src/acquaintances.ts';
import { createLinked, type Linked } from '../src/linked.ts';
import { startNode } from './support/node.ts';

const waitMs = 20;
const names = ['ann', 'ben', 'cy', 'dee'];

let node: Awaited<ReturnType<typeof startNode>>;
let space: string;
let linked: Linked;
const presence = createMemoryPresence();
const heard: string[] = [];

const link = (userB: string, status: 'confirmed' | 'cancelled') =>
  node.made.parts.links.put(space, { userA: 'ann', userB, kind: 'booking', status });

beforeAll(async () => {
  node = await startNode({ talk: 'booked' });
  space = node.space.name;
  linked = createLinked(node.log, waitMs);
  const board = presence.node();
  for (const userId of names) board.connect(space, userId, userId);
});
afterAll(async () => {
  linked.close();
  await node.close();
});

/** The session of Ann: who is watched for her, and what she is told. */
async function anns() {
  const watched = new Set<string>();
  const session: Caller['session'] = {
    watch: (userIds) => userIds.forEach((userId) => watched.add(userId)),
    unwatch: (userIds) => userIds.forEach((userId) => watched.delete(userId)),
    look: () => false,
    refresh: () => Promise.reject(new Error('nobody asks')),
  };
  const caller: Caller = { space, userId: 'ann', role: 'user', session };
  const tell = (presences: Presence[]) => void heard.push(...presences.map((p) => `${p.userId} ${p.status}`));
  const parts = { ...node.made.parts, presence: presence.node() };
  const acquaintances = createAcquaintances(parts, caller, tell, node.log);
  const end = linked.listen(space, 'ann', acquaintances);
  await acquaintances.began([]);
  return { watched, end };
}

describe('links that changed while no node heard another', () => {
  it('are found when they hear each other again: who is new is told, and who is none any more is watched no longer', async () => {
    for (const userB of ['ben', 'cy']) await link(userB, 'confirmed');
    const { watched, end } = await anns();
    expect([...watched].sort()).toEqual(['ben', 'cy']);
    expect(heard.splice(0).sort()).toEqual(['ben online', 'cy online']);
    // Nobody says a word of these.
    await link('cy', 'cancelled');
    await link('dee', 'confirmed');
    linked.missed();
    await until(() => heard.includes('dee online'), { what: 'her links were asked for' });
    expect([...watched].sort()).toEqual(['ben', 'dee']);
    expect(heard.splice(0)).toEqual(['dee online']);
    // What is missed while they are asked for is asked for as well.
    await link('cy', 'confirmed');
    linked.missed();
    linked.missed();
    await until(() => heard.includes('cy online'), { what: 'they were asked for again' });
    expect(heard).toEqual(['cy online']);
    end();
  });
});
