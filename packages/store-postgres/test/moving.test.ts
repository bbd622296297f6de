import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { conversationId, messageId, movedLines, parseConversationId, parseMessageId } from '@parley/protocol';
import { beforeAll, beforeEach, afterAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { moveIn, moveOut, textOf } from './support/moving.ts';
import { linkOf, type Node, openStage, outcomeOf, type Stage, said } from './support/stage.ts';

const example = readFileSync(fileURLToPath(new URL('../../../infra/moving.ndjson', import.meta.url)), 'utf8');
const lines = example.trimEnd().split('\n');

let stage: Stage;
let node: Node;
let space: string;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
});
afterAll(() => stage.close());
beforeEach(() => {
  space = `space-${randomUUID().slice(0, 8)}`;
});

const inboxOf = async (userId: string) =>
  (await node.conversations.list(space, userId, { after: undefined, limit: 50 })).conversations;

/** The number of the conversation of this kind that a user sees. */
async function noOf(userId: string, kind: string): Promise<number> {
  const found = (await inboxOf(userId)).find((conversation) => conversation.kind === kind);
  return parseConversationId(found?.id ?? '') ?? 0;
}

const at = '2025-01-01T00:00:00.000Z';
const user = (id: string) => ({ line: 'user', id });
const group = (id: string) => ({ line: 'conversation', id, kind: 'group', createdAt: at });
const message = (id: string, more: object = {}) => ({
  line: 'message',
  conversationId: 'g',
  id,
  senderId: 'ana',
  body: id,
  createdAt: at,
  ...more,
});
const begin = () => moveIn(node, space, textOf([user('ana'), user('bob'), group('g'), message('m1')]));

describe('moving in', () => {
  it.each([1, 3, 1_000])('takes the example, and moves out as it came, in batches of %d', async (batchMax) => {
    expect(await moveIn(node, space, example, batchMax)).toEqual([]);
    expect(await moveOut(node, space)).toBe(example);
  });

  it('is explained by lines of the example', () => {
    const page = readFileSync(fileURLToPath(new URL('../../../infra/moving.md', import.meta.url)), 'utf8');
    const shown = page.split('\n').filter((line) => line.startsWith('{'));
    expect(new Set(shown.map((line) => line.split('"')[3]))).toHaveProperty('size', Object.keys(movedLines).length);
    for (const line of shown) expect(lines).toContain(line);
  });

  it('goes on behind any line at which it was killed, and changes nothing where it was done', async () => {
    for (const upTo of [5, 12, 20, lines.length]) {
      expect(await moveIn(node, space, `${lines.slice(0, upTo).join('\n')}\n`)).toEqual([]);
    }
    expect(await moveOut(node, space)).toBe(example);
  });

  it('keeps who said what and when, what was read, and what is unread', async () => {
    await moveIn(node, space, example);
    const no = await noOf('7', 'direct');
    const { messages } = await node.history.page(space, '7', no, { afterSeq: 0, limit: 10 });
    expect(messages).toMatchObject([
      { seq: 1, senderId: '7', createdAt: '2025-03-01T08:10:00.000Z', reactions: [{ emoji: '👍', count: 1 }] },
      { seq: 2, senderId: '8', body: 'It is.', replyTo: messages[0]?.id, attachments: [{ name: 'plan.pdf' }] },
      { seq: 3, body: '', deletedAt: '2025-03-01T08:14:00.000Z' },
      { seq: 4, body: 'See you there' },
    ]);
    const key = { no, seq: 2 };
    const { versions } = await node.history.versions(space, '7', key, { afterRev: -1, limit: 10 });
    expect(versions.map(({ body }) => body)).toEqual(['Yes', 'It is.']);
    const unread = async (userId: string) =>
      Object.fromEntries((await inboxOf(userId)).map((found) => [found.kind, found.unread]));
    expect(await unread('7')).toEqual({ announcement: 0, direct: 1, group: 0 });
    expect(await unread('9')).toEqual({ announcement: 1, support: 1 });
  });

  it('hides from a user who of the staff answered before the move, too', async () => {
    await moveIn(node, space, example);
    const { messages } = await node.history.page(space, '9', await noOf('9', 'support'), { afterSeq: 0, limit: 10 });
    expect(messages.map(({ senderId }) => senderId)).toEqual(['9', 'agents']);
    expect(JSON.stringify(messages)).not.toContain('"8"');
  });

  it('goes on where the product stopped: the next number, edits and reactions of what was imported, a retry', async () => {
    await moveIn(node, space, example);
    const no = await noOf('7', 'direct');
    const again = { ...said('7', no, "Is 10 o'clock fine?", '6f1e7b52-6f0f-4a53-9a55-0c1c8c5d9f11'), space };
    expect(await node.messages.append(again)).toMatchObject({ duplicate: true, message: { seq: 1 } });
    expect(await outcomeOf(node.messages.append({ ...again, body: 'Other words' }))).toBe('conflict');
    expect((await node.messages.append({ ...said('7', no, 'Next'), space })).message.seq).toBe(5);
    await node.messages.react(space, '7', { no, seq: 1 }, '👍', 'always');
    await node.messages.edit(space, '8', { no, seq: 2 }, 'It is not.', 'always');
    const out = await moveOut(node, space);
    expect(out).toContain('"reactions":[{"emoji":"👍","userIds":["8","7"]}]');
    expect(out).toContain(`"versions":[{"body":"Yes","at":"2025-03-01T08:11:00.000Z"},{"body":"It is.",`);
    // A file that is read again takes nothing of that back.
    expect(await moveIn(node, space, example)).toEqual([]);
    expect(await moveOut(node, space)).toBe(out);
  });

  it('is told to nodes that run, and found by searching', async () => {
    const { position } = await node.log.moves(undefined);
    await moveIn(node, space, example);
    const no = await noOf('7', 'direct');
    const { moves } = await node.log.moves(position);
    expect(moves.filter((move) => move.no === no).at(-1)).toMatchObject({ space, lastSeq: 4, userIds: ['7', '8'] });
    while (await node.search.index());
    const { messages } = await node.search.find(space, '7', { terms: ['see'], no, after: undefined, limit: 5 });
    expect(messages.map(({ body }) => body)).toEqual(['See you there']);
  });

  it.each([
    ['a user who is not there', message('m2', { senderId: 'eve' }), 'there is no user "eve" before this line'],
    [
      'a conversation that is not there',
      message('m2', { conversationId: 'x' }),
      'there is no conversation "x" before this line',
    ],
    [
      'an answer to nothing',
      message('m2', { replyTo: 'm9' }),
      'there is no message "m9" of its conversation before this line',
    ],
    [
      'a message that is too old',
      message('m2', { createdAt: '2024-12-31T23:59:59.999Z' }),
      'it is older than the message before it in its conversation',
    ],
    ['a message of tomorrow', message('m2', { createdAt: '2999-01-01T00:00:00Z' }), 'its time is yet to come'],
    [
      'a clientId twice',
      message('m3', { clientId: '6f1e7b52-6f0f-4a53-9a55-0c1c8c5d9f11' }),
      'its sender used this clientId before',
    ],
    [
      'a reaction of nobody',
      message('m2', { reactions: [{ emoji: '👍', userIds: ['eve'] }] }),
      'there is no user "eve" before this line',
    ],
    [
      'a place that is not there',
      { line: 'member', conversationId: 'g', userId: 'ana', read: 'm9' },
      'there is no message "m9" of its conversation before this line',
    ],
    [
      'a reader who is no member',
      { line: 'read', conversationId: 'g', userId: 'bob', upTo: 'm1', at },
      'its user is not in the conversation',
    ],
    [
      'a link to nobody',
      { line: 'link', userA: 'ana', userB: 'eve', kind: 'booking', status: 'confirmed' },
      'there is no user "eve" before this line',
    ],
    [
      'another kind under the same id',
      { ...group('g'), kind: 'direct', userIds: ['ana', 'bob'] },
      'another conversation was imported under its id',
    ],
  ])('refuses %s with its number and reason, and stores nothing of that batch', async (_, line, reason) => {
    await begin();
    await moveIn(node, space, textOf([message('m2', { clientId: '6f1e7b52-6f0f-4a53-9a55-0c1c8c5d9f11', id: 'm0' })]));
    const before = await moveOut(node, space);
    const text = textOf([user('dan'), group('h'), line, message('m4')]);
    expect(await moveIn(node, space, text)).toContainEqual({ n: 3, reason });
    expect(await moveOut(node, space)).toBe(before);
  });

  it('moves uploaded files out as their links, which another space takes', async () => {
    for (const userId of ['ana', 'bob']) await node.users.admit({ space, userId, role: 'user' });
    const { no } = (await node.conversations.openDirect(space, 'ana', 'bob', 'always')).conversation;
    const file = { file: { space, id: randomUUID() }, name: 'a.png', type: 'image/png', bytes: 1 };
    await node.uploads.add('ana', { ...file, sha256: 'ab'.repeat(32) }, 1);
    await node.messages.append({ ...said('ana', no, 'look'), space, files: [file] });
    const text = await moveOut(node, space);
    const url = linkOf(file.file);
    expect(text).toContain(JSON.stringify([{ url, name: 'a.png', type: 'image/png', bytes: 1 }]));
    expect(await moveIn(node, `${space}-b`, text)).toEqual([]);
  });

  it('refuses to write history before a conversation that began here', async () => {
    for (const userId of ['ana', 'bob']) await node.users.admit({ space, userId, role: 'user' });
    await node.conversations.openDirect(space, 'ana', 'bob', 'always');
    const direct = { line: 'conversation', id: 'd', kind: 'direct', userIds: ['bob', 'ana'], createdAt: at };
    expect(await moveIn(node, space, textOf([direct]))).toMatchObject([{ n: 1, reason: /began here/ }]);
  });

  it('says what it would refuse without keeping the rest', async () => {
    const batch = [{ n: 1, line: { line: 'user', id: 'ana' } as const }];
    expect(await node.importLines(space, batch, { keep: false })).toEqual([]);
    expect(await node.users.find(space, 'ana')).toBeUndefined();
  });
});

describe('what a product called its conversations and messages', () => {
  const idsOf = async (of: Node, no: number, ...seqs: number[]) =>
    Object.fromEntries(
      [...(await of.importedIds.of([conversationId(no), ...seqs.map((seq) => messageId(no, seq))]))].map(
        ([id, given]) => [parseMessageId(id)?.seq ?? 0, given],
      ),
    );

  it('is found both ways, on every node, and in its own space only', async () => {
    expect(await node.importedIds.areIn(space)).toBe(false);
    const other = await stage.node();
    await moveIn(other, space, example);
    const no = await noOf('7', 'direct');
    for (const each of [node, other]) {
      expect(await idsOf(each, no, 1, 2)).toEqual({ 0: '12', 1: '901', 2: '902' });
      expect(await each.importedIds.find(space, 'conversation', '12')).toBe(conversationId(no));
      expect(await each.importedIds.find(space, 'message', '902')).toBe(messageId(no, 2));
      expect(await each.importedIds.find('another', 'message', '902')).toBeUndefined();
      expect(await each.importedIds.find(space, 'message', '12')).toBeUndefined();
    }
    expect([await other.importedIds.areIn(space), await other.importedIds.areIn('another')]).toEqual([true, false]);
  });

  it('is not looked up for what was written since, nor in conversations that began here', async () => {
    await moveIn(node, space, example);
    const no = await noOf('7', 'direct');
    const other = await stage.node();
    for (const body of ['Next', 'And next']) await node.messages.append({ ...said('7', no, body), space });
    const { conversation } = await node.conversations.createGroup(space, '7', 'Ours', []);
    expect(other.importedIds.recall([messageId(no, 5)])).toBeUndefined();
    expect(await idsOf(other, no, 5)).toEqual({ 0: '12' });
    await other.directory.load(space, conversation.no, []);
    expect(other.importedIds.recall([messageId(no, 6), messageId(conversation.no, 1)])).toEqual(new Map());
  });

  it('is given to nothing behind what was written here', async () => {
    await begin();
    await moveIn(node, space, textOf([{ line: 'member', conversationId: 'g', userId: 'ana' }, message('m2')]));
    await node.messages.append({ ...said('ana', await noOf('ana', 'group'), 'ours'), space });
    const at = new Date().toISOString();
    expect(await moveIn(node, space, textOf([message('m1'), message('m3', { createdAt: at })]))).toEqual([
      { n: 2, reason: 'its conversation has gone on here' },
    ]);
  });
});

describe('ids that another Parley gave', () => {
  it('are taken of what was written there after the product had moved in, and stay those of one message', async () => {
    await begin();
    await moveIn(node, space, textOf([{ line: 'member', conversationId: 'g', userId: 'ana' }]));
    await node.messages.append({ ...said('ana', await noOf('ana', 'group'), 'ours'), space });
    // From one to the next, and something more is said in each.
    for (const next of [`${space}-b`, `${space}-c`]) {
      const text = await moveOut(node, space);
      expect(await moveIn(node, next, text)).toEqual([]);
      expect(await moveOut(node, next)).toBe(text);
      space = next;
      await node.messages.append({ ...said('ana', await noOf('ana', 'group'), 'more'), space });
    }
    const ids = [...(await moveOut(node, space)).matchAll(/"message","conversationId":"g","id":"([^"]+)"/g)];
    expect(new Set(ids.map(([, id]) => id)).size).toBe(4);
  });

  it('are never those of two conversations of a space', async () => {
    await begin();
    const { conversation } = await node.conversations.createGroup(space, 'ana', 'Ours', []);
    // The second one from now: the import takes the next number for itself.
    const nextNo = conversation.no + 2;
    expect(await moveIn(node, space, textOf([group(conversationId(nextNo))]))).toEqual([]);
    // The number that those ids stand for is passed over from now on.
    const nos = [];
    for (let i = 0; i < 3; i++)
      nos.push((await node.conversations.createGroup(space, 'ana', 'Ours', [])).conversation.no);
    expect(nos).not.toContain(nextNo);
  });

  it('are refused where a conversation that began here has them', async () => {
    await node.users.admit({ space, userId: 'ana', role: 'user' });
    const { conversation } = await node.conversations.createGroup(space, 'ana', 'Ours', []);
    const line = group(conversationId(conversation.no));
    expect(await moveIn(node, space, textOf([line]))).toEqual([
      { n: 1, reason: 'its id is that of a conversation that began here' },
    ]);
  });
});
