import { randomUUID } from 'node:crypto';
import { Failure, type LinkOf, type NewMessage } from '@parley/core';
import { createLogger, createMetrics, type Registry } from '@parley/node-kit';
import { testDatabase } from '@parley/testkit';
import { Client } from 'pg';
import { createStore, migrate, type Store, type StoreOptions } from '../../src/index.ts';

export const silent = createLogger({ nodeId: 'test', slot: 't1', logLevel: 'silent' });
export const space = 'main';

/** What a store shows in place of a file's link. */
export const linkOf: LinkOf = ({ space: of, id }) => `https://${of}.example/${id}`;

export type Node = Store & { registry: Registry };

export type Stage = {
  url: string;
  /** Another node on the same data. */
  node: (options?: Partial<StoreOptions>) => Promise<Node>;
  /** Somebody else's session on the database. */
  session: () => Promise<Client>;
  close: () => Promise<void>;
};

/** A database of its own, and any number of nodes on it. */
export async function openStage(): Promise<Stage> {
  const database = await testDatabase(async (databaseUrl) => void (await migrate(databaseUrl)));
  const ends: (() => Promise<void>)[] = [];
  return {
    url: database.url,
    async node(options = {}) {
      const { registry } = createMetrics();
      const store = createStore({ databaseUrl: database.url, linkOf, registry, log: silent, ...options });
      ends.push(() => store.close());
      return { ...store, registry };
    },
    async session() {
      const client = await database.session();
      ends.push(() => client.end());
      return client;
    },
    async close() {
      for (const end of ends.toReversed()) await end();
      await database.close();
    },
  };
}

/** A group of these users, who exist then; the first one owns it. @returns its number */
export async function groupOf({ users, conversations }: Store, ...userIds: string[]): Promise<number> {
  await Promise.all(userIds.map((userId) => users.admit({ space, userId, role: 'user' })));
  const [owner = '', ...others] = userIds;
  return (await conversations.createGroup(space, owner, 'A group', others)).conversation.no;
}

/** @param clientId `null` for a sender that gives none */
export function said(senderId: string, no: number, body: string, clientId: string | null = randomUUID()): NewMessage {
  return {
    space,
    senderId,
    no,
    body,
    clientId: clientId ?? undefined,
    kind: 'text',
    authorId: undefined,
    attachments: undefined,
    replyToSeq: undefined,
    permit: 'always',
  };
}

/** What became of a call: its answer, or the code of its failure. */
export function outcomeOf<T>(promise: Promise<T>): Promise<T | Failure['code']> {
  return promise.catch((error: unknown) => {
    if (error instanceof Failure) return error.code;
    throw error;
  });
}

/** How much a counter of this node counted, over all labels. */
export async function countOf(node: Node, name: string): Promise<number> {
  const metric = await node.registry.getSingleMetric(name)?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
