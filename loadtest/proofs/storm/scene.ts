import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster } from '@parley/cluster';
import { createLogger, createMetrics } from '@parley/node-kit';
import { conversationId } from '@parley/protocol';
import { createStore } from '@parley/store-postgres';
import { onTestFinished } from 'vitest';
import { type Crowd, startCrowd } from './crowd-process.ts';
import type { Seat } from './words.ts';

const space = 'main';
const groupSize = 10;
/** A process of clients has one core at most. */
const storms = 2;

export type Scene = {
  cluster: Cluster;
  /** They say nothing; each is in a group with one of the talkers. */
  storm: readonly Crowd[];
  stormSeats: readonly (readonly Seat[])[];
  /** They talk with each other in groups, and each to groups of the storm. */
  talkers: Crowd;
  talkerSeats: readonly Seat[];
};

/** A cluster of three socket nodes, and crowds that have not entered. What began here ends with the test. */
export async function setScene({ clients, talkers }: { clients: number; talkers: number }): Promise<Scene> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-storm-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(dir, 0o755);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const cluster = await startCluster({ dir, socketNodes: 3, apiNodes: 1, ports: 'free' });
  onTestFinished(() => cluster.stop());
  const begin = (elsewhere: boolean) => {
    const crowd = startCrowd({ elsewhere });
    onTestFinished(crowd.end);
    return crowd;
  };
  const seats = await seatsOf(cluster, clients, talkers);
  const stormSeats = Array.from({ length: storms }, (_, s) => seats.storm.filter((_seat, i) => i % storms === s));
  return {
    cluster,
    storm: stormSeats.map(() => begin(true)),
    stormSeats,
    talkers: begin(false),
    talkerSeats: seats.talkers,
  };
}

async function seatsOf({ databaseUrl, token }: Cluster, clients: number, talkers: number) {
  const log = createLogger({ nodeId: 'storm', slot: 's1', logLevel: 'silent' });
  const store = createStore({ databaseUrl, registry: createMetrics().registry, log });
  const user = (i: number) => `storm-${i}`;
  const all = Array.from({ length: talkers + clients }, (_, i) => user(i));
  const groups = new Map<number, string[]>();
  const gather = async (members: readonly number[]) => {
    const [ownerId = '', ...memberIds] = members.map(user);
    const { conversation } = await store.conversations.createGroup(space, ownerId, 'Storm', memberIds);
    for (const member of members) {
      groups.set(member, [...(groups.get(member) ?? []), conversationId(conversation.no)]);
    }
  };
  try {
    await Promise.all(all.map((userId) => store.users.admit({ space, userId, role: 'user' })));
    for (let first = 0; first < talkers; first += groupSize) await gather(range(first, groupSize));
    for (let first = 0; first < clients; first += groupSize) {
      await gather([(first / groupSize) % talkers, ...range(talkers + first, groupSize)]);
    }
  } finally {
    await store.close();
  }
  const seats = all.map(
    (userId, sender): Seat => ({ sender, token: token(space, userId), conversationIds: groups.get(sender) ?? [] }),
  );
  return { talkers: seats.slice(0, talkers), storm: seats.slice(talkers) };
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
