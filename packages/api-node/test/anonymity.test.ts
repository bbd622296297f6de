import { type Caller, refusalOf, run } from '@parley/core';
import { type CommandName, commandNames, type Input, messageId, parseConversationId, staffId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, startApi } from './support/api.ts';

type World = { thread: string; announcements: string; answer: string; epoch: string };

const clientId = 'abababab-0000-4000-8000-000000000001';
const secrets = ['agent-x', 'agent-y', 'root', clientId];

/** What the user of a thread may ask about it and about the staff. A command that is not here does not compile. */
const asked: { [N in CommandName]: (world: World) => readonly Input<N>[] } = {
  'conversation.open': () => [{ peerId: staffId }],
  'conversation.create': () => [{ title: 'With the staff', memberIds: [staffId] }],
  'conversation.get': ({ thread, announcements }) => [{ conversationId: thread }, { conversationId: announcements }],
  'conversation.list': () => [{}],
  'conversation.page': () => [{}],
  'conversation.update': ({ thread }) => [{ conversationId: thread, status: 'closed' }],
  'member.list': ({ thread, announcements }) => [{ conversationId: thread }, { conversationId: announcements }],
  'member.add': ({ thread }) => [{ conversationId: thread, userIds: [staffId] }],
  'member.remove': ({ thread }) => [{ conversationId: thread, userId: staffId }],
  'member.update': ({ thread }) => [{ conversationId: thread, userId: staffId, role: 'member' }],
  'message.send': ({ thread, answer, announcements }) => [
    { conversationId: thread, body: 'thank you', replyTo: answer },
    { conversationId: announcements, body: 'to all' },
    { peerId: staffId, body: 'to the staff' },
  ],
  'message.edit': ({ answer }) => [{ messageId: answer, body: 'not mine' }],
  'message.delete': ({ answer }) => [{ messageId: answer }],
  'message.versions': ({ answer }) => [{ messageId: answer }],
  'reaction.add': ({ answer }) => [{ messageId: answer, emoji: '👍' }],
  'reaction.remove': ({ answer }) => [{ messageId: answer, emoji: '👍' }],
  'message.read': ({ answer }) => [{ messageId: answer }],
  'message.search': ({ thread }) => [{ q: 'here' }, { q: 'here', conversationId: thread }, { q: 'agent' }],
  'search.page': ({ thread }) => [{ q: 'here', conversationId: thread }],
  'history.page': ({ thread, announcements }) => [{ conversationId: thread }, { conversationId: announcements }],
  'history.offset': ({ thread, announcements }) => [
    { conversationId: thread },
    { conversationId: announcements },
    { peerId: staffId },
  ],
  sync: ({ thread, announcements, epoch }) => [
    {
      epoch,
      conversations: [
        { id: thread, seq: 0, rev: 0 },
        { id: announcements, seq: 0, rev: 0 },
      ],
    },
    { epoch, conversations: [{ id: thread, seq: 3, rev: 1 }] },
  ],
  'unread.total': () => [{}],
  'unread.conversations': () => [{}],
  'unread.messages': () => [{}],
  'receipt.delivered': ({ thread }) => [{ conversationId: thread, seq: 1 }],
  'receipt.read': ({ thread }) => [{ conversationId: thread, seq: 2 }],
  'support.open': () => [{}],
  'support.list': () => [{}],
  'support.page': () => [{}],
  'announcement.send': () => [{ body: 'to all' }],
  'typing.start': ({ thread }) => [{ conversationId: thread }],
  'typing.stop': ({ thread }) => [{ conversationId: thread }],
  'viewing.start': ({ thread }) => [{ conversationId: thread }],
  'viewing.stop': ({ thread }) => [{ conversationId: thread }],
  'presence.watch': () => [{ userIds: [staffId, ...secrets.slice(0, 3)] }],
  'presence.count': () => [{}],
  'presence.online': () => [{}],
  'presence.unwatch': () => [{ userIds: [staffId] }],
  'auth.refresh': () => [{ token: 'none' }],
  'user.get': () => [{ userId: staffId }],
  'user.list': () => [{}],
  'user.put': () => [{ userId: staffId, name: 'The staff' }],
  'user.revoke': () => [{ userId: staffId }],
  'user.ban': () => [{ userId: staffId }],
  'user.unban': () => [{ userId: staffId }],
  'ban.list': () => [{}],
  'audit.list': () => [{}],
  'moderation.conversations': () => [{}],
  'moderation.history': ({ thread }) => [{ conversationId: thread }],
  'message.report': ({ answer }) => [{ messageId: answer, reason: 'rude' }],
  'report.list': () => [{}],
  'report.resolve': () => [{ no: 1, status: 'dismissed' }],
  'link.put': () => [{ userA: 'ana', userB: staffId, kind: 'assignment', status: 'confirmed' }],
  'link.delete': () => [{ userA: 'ana', userB: staffId }],
  'link.forget': () => [{ userA: 'ana', userB: staffId }],
  'link.list': () => [{}, { userId: staffId }],
};

let api: Awaited<ReturnType<typeof startApi>>;
let world: World;
const caller = (userId: string, role: Caller['role'] = 'user'): Caller => ({
  space: api.spaces[0].name,
  userId,
  role,
});
const perform = <N extends CommandName>(by: Caller, name: N, input: Input<N>) => run(api.made.parts, by, name, input);

beforeAll(async () => {
  api = await startApi({ talk: 'support' });
  const [x, y, root] = [caller('agent-x', 'agent'), caller('agent-y', 'agent'), caller('root', 'admin')];
  await arrive(api.person('ana'), ...[x, y, root].map(({ userId, role }) => api.person(userId, { role })));
  const { conversation, epoch } = await perform(caller('ana'), 'support.open', {});
  const { id: thread } = conversation;
  await perform(caller('ana'), 'message.send', { conversationId: thread, body: 'help' });
  await perform(x, 'message.send', { conversationId: thread, body: 'here', clientId });
  const { id: answer } = await perform(y, 'message.send', { conversationId: thread, body: 'here too' });
  await perform(y, 'message.edit', { messageId: answer, body: 'here I am' });
  const gone = await perform(root, 'message.send', { conversationId: thread, body: 'here for a moment' });
  await perform(root, 'message.delete', { messageId: gone.id });
  await perform(x, 'reaction.add', { messageId: answer, emoji: '🎉' });
  await perform(x, 'receipt.read', { conversationId: thread, seq: 1 });
  const told = await perform(root, 'announcement.send', { body: 'we are here for you', clientId });
  world = { thread, announcements: told.conversationId, answer, epoch };
});
afterAll(() => api.close());

/** What is answered, or why it is not. */
async function toldOf(by: Caller, name: CommandName): Promise<string> {
  const all = asked[name](world).map((input) => perform(by, name, input).catch(refusalOf));
  return JSON.stringify(await Promise.all(all));
}

describe('the user of a support thread', () => {
  it.each(commandNames)('learns from %s nothing of who of the staff it was', async (name) => {
    const told = await toldOf(caller('ana'), name);
    for (const secret of secrets) expect(told).not.toContain(secret);
  });

  it.each([
    'history.page',
    'history.offset',
    'sync',
    'message.search',
    'search.page',
    'conversation.page',
    'unread.messages',
  ] as const)('hears from %s that it was the staff, whose members learn who', async (name) => {
    expect(await toldOf(caller('ana'), name)).toContain(`"senderId":"${staffId}"`);
    if (name === 'unread.messages' || name === 'conversation.page') return;
    expect(await toldOf(caller('agent-x', 'agent'), name)).toContain('"senderId":"agent-y"');
  });

  it('may ask whether the staff are there, and whether one of them is not', async () => {
    const { presences } = await perform(caller('ana'), 'presence.watch', { userIds: [staffId, 'agent-x', 'root'] });
    expect(presences.map(({ userId }) => userId)).toEqual([staffId]);
  });

  it('may use the clientId of an answer, and learns from no conflict that it is one', async () => {
    const { thread } = world;
    const sent = await perform(caller('ana'), 'message.send', { conversationId: thread, body: 'mine', clientId });
    expect(sent.duplicate).toBe(false);
  });

  it('changes and deletes nothing that the staff said', async () => {
    for (const name of ['message.edit', 'message.delete'] as const) {
      expect(await toldOf(caller('ana'), name)).toContain('"code":"forbidden"');
    }
  });
});

describe('the staff', () => {
  it('have every thread in one list, and open that of a user only by name', async () => {
    const x = caller('agent-x', 'agent');
    const { conversations, unreadTotal } = await perform(x, 'support.list', {});
    expect(conversations).toMatchObject([{ id: world.thread, kind: 'support', peerId: 'ana' }]);
    expect(unreadTotal).toBeGreaterThan(0);
    const opened = await perform(x, 'support.open', { userId: 'ana' });
    expect(opened.conversation.id).toBe(world.thread);
    const code = async (by: Caller, input: Input<'support.open'>) =>
      perform(by, 'support.open', input).then(
        () => 'ok',
        (error: unknown) => refusalOf(error).code,
      );
    expect(await code(x, { userId: 'nobody' })).toBe('not_found');
    expect(await code(x, {})).toBe('invalid');
    expect(await code(caller('ana'), { userId: 'ana' })).toBe('forbidden');
  });

  it('search all threads without naming one, where their users search their own', async () => {
    const found = async (by: Caller) => {
      const { results } = await perform(by, 'message.search', { q: 'here I am' });
      return results.map(({ message }) => message.senderId);
    };
    expect(await found(caller('root', 'admin'))).toEqual(['agent-y']);
    expect(await found(caller('ana'))).toEqual([staffId]);
    expect(await found(caller('agent-y'))).toEqual([]);
  });

  it('close a thread, and then nobody says anything in it until it is open again', async () => {
    const x = caller('agent-x', 'agent');
    const { thread } = world;
    await perform(x, 'conversation.update', { conversationId: thread, status: 'closed' });
    for (const by of [caller('ana'), x]) {
      const sent = perform(by, 'message.send', { conversationId: thread, body: 'more' });
      expect(refusalOf(await sent.catch((error: unknown) => error)).code).toBe('closed');
    }
    await perform(x, 'conversation.update', { conversationId: thread, status: 'active' });
    await perform(caller('ana'), 'message.send', { conversationId: thread, body: 'more' });
  });

  it('are nobody who could be made, revoked, linked or signed in as', async () => {
    const root = caller('root', 'admin');
    for (const name of ['user.put', 'user.revoke', 'user.ban', 'link.put'] as const) {
      const told = await Promise.all(asked[name](world).map((input) => perform(root, name, input).catch(refusalOf)));
      expect(told).toMatchObject([{ code: 'invalid' }]);
    }
    const { status } = await api.person(staffId).ask('GET', '/v1/conversations');
    expect(status).toBe(401);
  });

  it('do not find in another space what is said in this one', async () => {
    const elsewhere = { ...caller('root', 'admin'), space: api.spaces[1].name };
    const no = parseConversationId(world.thread) ?? 0;
    const { conversations } = await perform(elsewhere, 'support.list', {});
    expect(conversations).toEqual([]);
    const told = [
      perform(elsewhere, 'history.page', { conversationId: world.thread }).catch(refusalOf),
      perform(elsewhere, 'message.send', { conversationId: world.thread, body: 'hello' }).catch(refusalOf),
      perform(elsewhere, 'message.read', { messageId: messageId(no, 1) }).catch(refusalOf),
    ];
    const notFound = { code: 'not_found' };
    expect(await Promise.all(told)).toMatchObject([notFound, notFound, notFound]);
  });
});
