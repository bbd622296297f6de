import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, said, space } from './support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe('the conversation of a pair', () => {
  it('is known, in either order and in its own space only, once this node has stored a message of it', async () => {
    const node = await stage.node();
    const between = (of: string, one: string, other: string) => node.directory.knownBetween(of, one, other);
    for (const userId of ['ana', 'ben']) await node.users.admit({ space, userId, role: 'user' });
    const { conversation } = await node.conversations.openDirect(space, 'ben', 'ana', 'always');
    expect(between(space, 'ana', 'ben')).toBeUndefined();
    await node.messages.append(said('ana', conversation.no, 'hello'));
    expect([between(space, 'ana', 'ben'), between(space, 'ben', 'ana')]).toEqual([conversation.no, conversation.no]);
    expect([between('other', 'ana', 'ben'), between(space, 'ana', 'cy')]).toEqual([undefined, undefined]);
    const thread = (await node.conversations.openSupport(space, 'ana')).conversation.no;
    expect(between(space, 'ana', 'agents')).toBeUndefined();
    await node.messages.append(said('ana', thread, 'is anybody there?'));
    expect([between(space, 'ana', 'agents'), between(space, 'ana', 'ben')]).toEqual([thread, conversation.no]);
    const other = await stage.node();
    expect(other.directory.knownBetween(space, 'ana', 'ben')).toBeUndefined();
  });
});
