import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { callHttp, createRun, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

describe('reactions', () => {
  it('reach those who are there and those who come back, over sockets and HTTP, on every node', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob', 'cy');
    const group = await run.group('ada', 'bob', 'cy');
    const way = await run.proxy();
    const [ada, bob, cy] = [run.sdk('ada'), run.sdk('bob'), run.sdk('cy', { url: way.url })];
    await Promise.all([ada.caughtUp(), bob.caughtUp(), cy.caughtUp()]);
    const { id } = await ada.send({ conversationId: group, body: 'look' });
    const seenBy = (client: typeof ada) => client.conversation(group)?.messages.at(-1)?.reactions;
    await until(() => cy.conversation(group)?.messages.length === 1, { what: 'cy has the message' });
    await bob.react(id, '👍');
    await until(() => seenBy(ada)?.length === 1 && seenBy(cy)?.length === 1, { what: 'both hear of it' });
    way.freeze();
    way.cut();
    await bob.react(id, '🎉');
    await bob.takeBack(id, '👍');
    const http = { url: cluster.urls['main'] ?? '', token: cluster.token(run.userId('ada')) };
    const answer = await callHttp(http, 'reaction.add', { messageId: id, emoji: '🎉' });
    expect(answer).toMatchObject({ ok: true, body: { message: { id } } });
    const reactions = [{ emoji: '🎉', count: 2, userIds: [run.userId('bob'), run.userId('ada')] }];
    await until(() => seenBy(bob)?.[0]?.count === 2, { what: 'bob hears of it' });
    way.thaw();
    way.cut();
    await cy.caughtUp();
    await until(() => seenBy(cy)?.[0]?.count === 2, { what: 'cy catches up' });
    expect([seenBy(ada), seenBy(bob), seenBy(cy)]).toEqual([reactions, reactions, reactions]);
  });
});
