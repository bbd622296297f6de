import { createMemoryLog, testRedisPrefix, testRedisUrl } from '@parley/testkit';
import type { FanoutOptions } from '../../src/index.ts';
import { type Client, type Node, startClient, startNode } from './nodes.ts';

/** `afterAll` or `onTestFinished`: when what was started is to end. */
export type OnEnd = (end: () => Promise<void>) => void;

type Options = Pick<FanoutOptions, 'nets' | 'tailEveryMs' | 'onTalkForgotten' | 'onPairNewsMissed'> & {
  nodes: number;
  onEnd: OnEnd;
  redisUrl?: string;
};

/** Nodes over one log and one Redis, and their clients; everything is closed when `onEnd` says so. */
export async function startCluster({ nodes: count, redisUrl = testRedisUrl(), onEnd, ...options }: Options) {
  const log = createMemoryLog();
  const prefix = testRedisPrefix();
  const nodes: Node[] = [];
  const clients: Client[] = [];
  for (let i = 1; i <= count; i++) nodes.push(await startNode(`n${i}`, { log, prefix, redisUrl, ...options }));
  onEnd(async () => {
    for (const { socket } of clients) socket.disconnect();
    for (const node of nodes) await node.close();
  });
  /** The node with this number, from 1. */
  const node = (number: number): Node => {
    const found = nodes[number - 1];
    if (!found) throw new RangeError(`there are ${nodes.length} nodes`);
    return found;
  };
  const client = async (number: number, userId: string, options?: Parameters<typeof startClient>[2]) => {
    const one = await startClient(node(number), userId, options);
    clients.push(one);
    return one;
  };
  return {
    log,
    prefix,
    node,
    client,
  };
}

export type TestCluster = Awaited<ReturnType<typeof startCluster>>;
