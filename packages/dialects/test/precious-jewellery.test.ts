import { describe, expect, it } from 'vitest';
import { dialects } from '../src/index.ts';
import { preciousJewellery } from '../transcripts/precious-jewellery.ts';
import type { Turn } from '../transcripts/index.ts';
import { playOnTable } from './support/table.ts';

const table = dialects['precious-jewellery'] ?? expect.fail('it has no table');
const play = (...turns: Turn[]) =>
  playOnTable(table, preciousJewellery, { title: '', cast: { ann: {}, ben: {} }, turns });

describe('precious-jewellery', () => {
  it('never says offline of somebody of whom nobody can tell', async () => {
    const unknown = { userId: '<ben>', status: 'unknown' };
    await play(
      {
        who: 'ann',
        requests: 'GET /api/v0/chat/user-status/<ben>',
        runs: [['presence.watch', { userIds: ['<ben>'] }, { presences: [unknown] }]],
        answer: [200, { success: true, data: { ...unknown, isOnline: null, lastSeen: null } }],
      },
      {
        who: 'ann',
        requests: 'GET /api/v0/chat/online-users',
        runs: [['presence.online', { limit: 200 }, { users: 'unknown' }]],
        answer: [503, { success: false, message: '<text>', error: { code: 'unavailable', status: 503 } }],
      },
      { who: 'ann', does: 'connect', tells: [['presence.changed', { presences: [unknown] }]] },
    );
  });

  it('lets nobody write to who says broadcasts, where no admin would find it', async () => {
    const refused = { success: false, message: 'There is no such user.', code: 'not_found' };
    await play(
      { who: 'ann', does: 'connect' },
      {
        who: 'ann',
        emits: ['send_message', { receiverId: 'agents', message: 'Hi' }],
        heard: { ann: [['error', refused]] },
      },
      { who: 'ann', emits: ['typing_start', { receiverId: 'agents' }], heard: { ann: [['error', refused]] } },
    );
  });

  it('tells of users only, and not of what the staff are together', async () => {
    await play({
      who: 'ann',
      does: 'connect',
      tells: [['presence.changed', { presences: [{ userId: 'agents', status: 'online' }] }]],
    });
  });
});
