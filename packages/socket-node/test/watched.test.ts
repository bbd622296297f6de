import { createLogger } from '@parley/node-kit';
import { limits, type Presence } from '@parley/protocol';
import { createMemoryPresence } from '@parley/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWatched } from '../src/watched.ts';

const space = 'main';
const log = createLogger({ nodeId: 'test', slot: 't1', logLevel: 'silent' });

/** Somebody who meets whoever comes or goes, and what they heard. */
function meeting(options: Parameters<typeof createMemoryPresence>[0] = {}) {
  const presence = createMemoryPresence(options);
  const [here, there] = [presence.node(), presence.node()];
  const watched = createWatched(here, log);
  const heard: Presence[] = [];
  const watcher = watched.watcher(space, (presences) => void heard.push(...presences));
  watcher.meet('me');
  return {
    presence,
    there,
    watcher,
    heard: async () => {
      await vi.advanceTimersByTimeAsync(1_000);
      return heard.splice(0).map(({ userId, status }) => `${userId} ${status}`);
    },
  };
}

describe('who meets whoever comes or goes', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('hears of everybody of the space, but not of themselves, until they leave', async () => {
    const { there, presence, watcher, heard } = meeting();
    for (const userId of ['me', 'ana']) there.connect(space, userId, userId);
    there.connect('elsewhere', 'bob', 'bob');
    expect(await heard()).toEqual(['ana online']);
    there.disconnect(space, 'ana', 'ana');
    presence.pass(10_000);
    expect(await heard()).toEqual(['ana offline']);
    watcher.close();
    there.connect(space, 'cy', 'cy');
    expect(await heard()).toEqual([]);
  });

  it('hears of who came while nobody could tell', async () => {
    const { there, presence, heard } = meeting({ youthMs: 5_000 });
    there.connect(space, 'ana', 'ana');
    await heard();
    presence.pass(6_000);
    expect(await heard()).toEqual(['ana online']);
  });

  it('watches nobody once they have left, also when what they asked for is answered later', async () => {
    const { there, watcher, heard } = meeting();
    watcher.close();
    watcher.watch(['ana']);
    there.connect(space, 'ana', 'ana');
    expect(await heard()).toEqual([]);
  });

  it('watches no more users than a connection may, and goes on hearing of those', async () => {
    const { there, presence, heard } = meeting();
    const users = Array.from({ length: limits.watchedUsersMax + 20 }, (_, i) => `user-${i}`);
    for (const userId of users) there.connect(space, userId, userId);
    expect(await heard()).toHaveLength(limits.watchedUsersMax);
    for (const userId of users) there.disconnect(space, userId, userId);
    presence.pass(10_000);
    expect(await heard()).toHaveLength(limits.watchedUsersMax);
  });
});
