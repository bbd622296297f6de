import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterNode, Order as Operation, ServerName, Slot } from '@parley/cluster';
import { connectRedis, loadSpaces, mintToken } from '@parley/node-kit';
import type { Role } from '@parley/protocol';
import { until } from '@parley/testkit';
import { inject } from 'vitest';
import { give } from './control.ts';
import type { SharedCluster } from './global.ts';

/** The cluster that all tests of the project share. Leave it whole behind you. */
export const sharedCluster = (): SharedClusterView => viewOf(inject('cluster'));

/** A cluster as a test sees and hurts it. */
export function viewOf({ controlUrl, ...facts }: SharedCluster) {
  const spaces = loadSpaces(facts.spacesPath, {});
  return {
    ...facts,
    /** A token of space `main`, or of another one. */
    token(userId: string, { space = 'main', ...claims }: TokenOptions = {}): string {
      const found = spaces.get(space);
      if (!found) throw new Error(`no space ${space}`);
      return mintToken(found, { userId, role: 'user', ...claims });
    },
    nodes: async () => (await give(controlUrl, ['nodes'])) as ClusterNode[],
    pid: async (id: string) => (await give(controlUrl, ['pid', id])) as number | undefined,
    /**
     * Resolves when everything lives and every node gets clients: call it before a test that counts on all of them. What
     * an earlier test left frozen goes on, and what it left dead is started.
     */
    async whole(): Promise<void> {
      const nodes = (await give(controlUrl, ['nodes'])) as ClusterNode[];
      for (const id of [...servers, ...nodes.map((node) => node.id)]) {
        if (await give(controlUrl, ['pid', id])) await give(controlUrl, ['kill', id, 'SIGCONT']);
        else await give(controlUrl, ['restart', id]);
      }
      const isWhole = async () => {
        const slots = (await give(controlUrl, ['slots'])) as Slot[];
        return nodes.every((node) => slots.some(({ slot, status }) => slot === node.slot && status.startsWith('UP')));
      };
      await until(isWhole, { what: 'every node has its place', withinMs: 30_000 });
    },
    /** Lets new sessions reach these nodes only, such as `s2`. @returns what lets them reach all again */
    async newSessionsOn(ids: readonly string[]): Promise<() => Promise<unknown>> {
      const nodes = (await give(controlUrl, ['nodes'])) as ClusterNode[];
      const others = nodes.filter(({ id, kind }) => kind === 'socket' && !ids.includes(id));
      const set = (state: 'drain' | 'ready') =>
        give(controlUrl, [
          'balancer',
          others.map(({ slot }) => `set server sockets/${slot} state ${state}`).join('; '),
        ]);
      await set('drain');
      return () => set('ready');
    },
    /** Does something while new sessions reach these nodes only. */
    async withNewSessionsOn<T>(ids: readonly string[], job: () => Promise<T>): Promise<T> {
      const everywhere = await this.newSessionsOn(ids);
      try {
        return await job();
      } finally {
        await everywhere();
      }
    },
    kill: (id: string, signal: NodeJS.Signals = 'SIGKILL') => give(controlUrl, ['kill', id, signal]),
    /** Alive, and does nothing: what a swapping machine or an event loop that stalls looks like from outside. */
    freeze: (id: string) => give(controlUrl, ['kill', id, 'SIGSTOP']),
    thaw: (id: string) => give(controlUrl, ['kill', id, 'SIGCONT']),
    /** @param env more variables for this life of a node */
    restart: (id: string, env: Readonly<Record<string, string>> = {}) => give(controlUrl, ['restart', id, env]),
    /** Scales, drains, rolls or rebalances as the commands of these names do. Resolves with what they say. */
    obey: async (operation: Operation) => (await give(controlUrl, ['obey', operation])) as string[],
    /** Redis cuts the connection of every subscriber, and takes new ones at once. Resolves with how many it cut. */
    async cutSubscribers(): Promise<number> {
      const redis = connectRedis(facts.redisUrl, 'commands', { enableOfflineQueue: true });
      try {
        return (await redis.client('KILL', 'TYPE', 'PUBSUB')) as number;
      } finally {
        redis.disconnect();
      }
    },
    /** The sum of a metric of one node over all labels. */
    async metric(id: string, name: string): Promise<number> {
      const nodes = (await give(controlUrl, ['nodes'])) as ClusterNode[];
      const node = nodes.find((each) => each.id === id);
      const response = await fetch(`http://${new URL(node?.url ?? '').hostname}:${node?.privatePort}/metrics`);
      const lines = (await response.text()).split('\n').filter((line) => /^\w+/.exec(line)?.[0] === name);
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    /** HAProxy's runtime API, in its own words. */
    balancer: async (commands: string) => (await give(controlUrl, ['balancer', commands])) as string,
    /** What a node or server has written so far; a failing test shows it. */
    log: (id: string) => readFileSync(join(facts.dir, 'logs', `${id}.log`), 'utf8'),
  };
}

const servers: readonly ServerName[] = ['postgres', 'redis', 'haproxy'];

type TokenOptions = { space?: string; role?: Role; name?: string; expiresInMs?: number; issuedAt?: Date };
export type SharedClusterView = ReturnType<typeof viewOf>;
