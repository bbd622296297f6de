import { randomUUID } from 'node:crypto';
import {
  type CommandName,
  conversationId,
  errors,
  type ErrorCode,
  type Input,
  messageId,
  parseConversationId,
} from '@parley/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type PlainClient, type Run, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const nobodys = conversationId(1_000_000_000);

/** Where the cases happen: a group of ada, bob and cy, from which cy has gone, with one message of ada and one of bob. */
type Scene = { group: string; ofAda: string; ofBob: string; epoch: string; clientId: string; run: Run };
type Case = { who?: 'bob' | 'cy' | 'dan'; code?: ErrorCode; ask: [CommandName, (scene: Scene) => object] };

/** One row for each answer. Everything here says what shall be, so that asking twice changes nothing. */
const cases: Record<string, Case> = {
  'one conversation': { ask: ['conversation.get', ({ group }) => ({ conversationId: group })] },
  'an inbox': { ask: ['conversation.list', () => ({ limit: 10 })] },
  'members, to a page': { ask: ['member.list', ({ group }) => ({ conversationId: group, limit: 1 })] },
  'the newest page': { ask: ['history.page', ({ group }) => ({ conversationId: group })] },
  'a page after a number': { ask: ['history.page', ({ group }) => ({ conversationId: group, afterSeq: 1, limit: 5 })] },
  'what somebody who has gone saw': { who: 'cy', ask: ['history.page', ({ group }) => ({ conversationId: group })] },
  'what was missed': {
    ask: ['sync', ({ group, epoch }) => ({ epoch, conversations: [{ id: group, seq: 0, rev: 0 }] })],
  },
  'what was missed in another life of the database': {
    ask: ['sync', ({ group }) => ({ epoch: randomUUID(), conversations: [{ id: group, seq: 0, rev: 0 }] })],
  },
  'a direct conversation': { ask: ['conversation.open', ({ run }) => ({ peerId: run.userId('bob') })] },
  'a member who is one already': {
    ask: ['member.add', ({ group, run }) => ({ conversationId: group, userIds: [run.userId('bob')] })],
  },
  'a member who has gone already': {
    ask: ['member.remove', ({ group, run }) => ({ conversationId: group, userId: run.userId('cy') })],
  },
  'an edit': { ask: ['message.edit', ({ ofAda }) => ({ messageId: ofAda, body: 'edited' })] },
  'what was read': { ask: ['receipt.read', ({ group }) => ({ conversationId: group, seq: 2 })] },
  'what was delivered': { ask: ['receipt.delivered', ({ group }) => ({ conversationId: group, seq: 2 })] },
  'a retry': { ask: ['message.send', ({ group, clientId }) => ({ conversationId: group, clientId, body: 'of ada' })] },
  'another command under the same clientId': {
    code: 'conflict',
    ask: ['message.send', ({ group, clientId }) => ({ conversationId: group, clientId, body: 'something else' })],
  },
  'a message of somebody else': {
    code: 'forbidden',
    ask: ['message.edit', ({ ofBob }) => ({ messageId: ofBob, body: 'mine now' })],
  },
  'a removal by a mere member': {
    who: 'bob',
    code: 'forbidden',
    ask: ['member.remove', ({ group, run }) => ({ conversationId: group, userId: run.userId('ada') })],
  },
  'a send by somebody who has gone': {
    who: 'cy',
    code: 'not_member',
    ask: ['message.send', ({ group }) => ({ conversationId: group, body: 'still here' })],
  },
  'a send by a stranger': {
    who: 'dan',
    code: 'not_found',
    ask: ['message.send', ({ group }) => ({ conversationId: group, body: 'hello?' })],
  },
  'history for a stranger': {
    who: 'dan',
    code: 'not_found',
    ask: ['history.page', ({ group }) => ({ conversationId: group })],
  },
  'a conversation that nobody made': {
    code: 'not_found',
    ask: ['conversation.get', () => ({ conversationId: nobodys })],
  },
  'a peer who does not exist': { code: 'not_found', ask: ['conversation.open', () => ({ peerId: 'nobody-at-all' })] },
  'an id that is none': { code: 'invalid', ask: ['conversation.get', () => ({ conversationId: 'no-id' })] },
  'a property that is not named': {
    code: 'invalid',
    ask: ['message.send', ({ group }) => ({ conversationId: group, body: 'hello', colour: 'red' })],
  },
  'a body that is none': {
    code: 'invalid',
    ask: ['message.send', ({ group }) => ({ conversationId: group, body: 5 })],
  },
  'a body that is too long': {
    code: 'invalid',
    ask: ['message.send', ({ group }) => ({ conversationId: group, body: 'x'.repeat(8_001) })],
  },
};

describe('HTTP and sockets', () => {
  it(`give the same answer to each of ${Object.keys(cases).length} commands, and the status that its code has`, async () => {
    const run = createRun(cluster);
    const names = ['ada', 'bob', 'cy', 'dan'];
    await run.users(...names);
    const scene = await setScene(run);
    const clients = new Map<string, PlainClient>();
    for (const name of names) clients.set(name, run.plain(name));
    await Promise.all([...clients.values()].map((client) => run.ready(client)));

    for (const [title, { who = 'ada', code, ask }] of Object.entries(cases)) {
      const [command, inputOf] = ask;
      const input = inputOf(scene) as Input<typeof command>;
      const first = await clients.get(who)?.call(command, input);
      const http = await run.http(who, command, input);
      const again = await clients.get(who)?.call(command, input);
      const overHttp = http.ok ? { ok: true, ...http.body } : { ok: false, error: http.error };
      expect(overHttp, title).toEqual(again);
      expect(first?.ok, title).toBe(http.ok);
      expect(http.ok ? undefined : http.error?.code, title).toBe(code);
      expect(http.status, title).toBe(code === undefined ? http.status : errors[code].status);
    }
    expect((await run.verdict()).violations).toEqual([]);
  });
});

async function setScene(run: Run): Promise<Scene> {
  const group = await run.group('ada', 'bob', 'cy');
  const clientId = randomUUID();
  await run.post('ada', group, 'of ada', clientId);
  await run.post('bob', group, 'of bob');
  await run.http('ada', 'member.remove', { conversationId: group, userId: run.userId('cy') });
  const listed = await run.http('ada', 'conversation.list', {});
  if (!listed.ok) throw new Error(listed.error?.code);
  const no = parseConversationId(group) ?? 0;
  return { run, group, clientId, epoch: listed.body.epoch, ofAda: messageId(no, 1), ofBob: messageId(no, 2) };
}
