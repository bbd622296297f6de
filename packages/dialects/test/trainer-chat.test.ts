import type { CommandName, Input, Message, Output } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { type Desk, dialects, refused } from '../src/index.ts';
import { chatId, conversation, idOf, message } from '../transcripts/canonical.ts';

const table = dialects['trainer-chat'] ?? expect.fail('it has no table');
const inbound = table.inbound === 'commands' ? {} : table.inbound;
const join = inbound['joinConversation']?.at(-1) ?? expect.fail('nobody can join');

/** A desk at which every command answers the same. */
const deskOf = (me: Desk['me'], output: object, asked: unknown[] = []): Desk => ({
  fields: table.fields,
  me,
  people: async () => [],
  now: () => new Date(0),
  ask:
    <N extends CommandName>() =>
    async (input: Input<N>) => {
      asked.push(input);
      return output as Output<N>;
    },
});

/** What somebody is told who joins a conversation in which so many messages were said, each of so many characters. */
async function historyOf(count: number, chars: number): Promise<string[]> {
  const newestFirst = Array.from({ length: count }, (_, i) => message(count - i, 'tom', 'x'.repeat(chars)));
  const output = { messages: newestFirst, total: count, conversation: conversation('tom', count, 0), receipts: [] };
  const desk = deskOf({ userId: 'ann', role: 'user' }, output);
  const [[, told] = []] = await join.run({ conversationId: chatId }, desk);
  return (told as { messages: Message[] }).messages.map(({ id }) => id);
}

describe('trainer-chat', () => {
  it('tells whoever joins the newest messages, in an event that a slow line can carry', async () => {
    const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => idOf(from + i));
    expect(await historyOf(50, 100)).toEqual(ids(1, 50));
    expect(await historyOf(50, 8_000)).toEqual(ids(36, 50));
    expect(await historyOf(0, 0)).toEqual([]);
  });

  it('knows the roles of its document, and no other', async () => {
    const list =
      table.routes.find(({ method, path }) => `${method} ${path}` === 'GET /users') ?? expect.fail('no route');
    const asked: unknown[] = [];
    const desk = deskOf({ userId: 'ada', role: 'admin' }, { users: [], total: 0 }, asked);
    await list.step.run({ role: 'trainer' }, desk);
    expect(asked).toEqual([{ offset: 0, limit: 200, role: 'agent' }]);
    await expect(list.step.run({ role: 'nurse' }, desk)).rejects.toMatchObject({ refusal: { code: 'invalid' } });
  });

  it('refuses in its own words, which name no paragraph of ours', () => {
    const { refusal } = refused('not_permitted');
    for (const said of [table.refusals.body(refusal), table.refusals.event(refusal)]) {
      expect(JSON.stringify(said)).toContain('assigned trainer');
    }
  });
});
