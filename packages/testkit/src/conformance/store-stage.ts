import { randomUUID } from 'node:crypto';
import {
  type Administration,
  type Accounts,
  type Appended,
  type Conversations,
  Failure,
  type History,
  type Links,
  type Log,
  type Messages,
  type Moderation,
  type NewMessage,
  type Receipts,
  type Search,
  type Unread,
  type Uploads,
  type Users,
} from '@parley/core';
import { expect } from 'vitest';
import type { RacingSend } from '../race.ts';

/** The ports of one node. */
export type StoreNode = {
  messages: Messages;
  conversations: Conversations;
  history: History;
  receipts: Receipts;
  unread: Unread;
  search: Search;
  links: Links;
  moderation: Moderation;
  administration: Administration;
  uploads: Uploads;
  users: Users;
  accounts: Accounts;
  log: Log;
};

/** A cluster whose nodes share one store. A store that lives in one process answers the same node again. */
export type StoreStage = { node(): Promise<StoreNode>; close(): Promise<void> };

/** A product of its own: users and conversations that no other test sees. */
export type Scene = StoreNode & {
  space: string;
  /** Another node on the same data. */
  other: StoreNode;
  /** Makes users exist. */
  admit: (...userIds: string[]) => Promise<void>;
  /** A direct conversation of two users, who exist then. @returns its number */
  direct: (userId: string, peerId: string) => Promise<number>;
  /** A group whose first member owns it; all of them exist then. @returns its number */
  group: (...userIds: string[]) => Promise<number>;
  /** A message as `senderId` would send it. */
  said: (senderId: string, no: number, body: string, more?: Partial<NewMessage>) => NewMessage;
  say: (senderId: string, no: number, body: string, more?: Partial<NewMessage>) => Promise<Appended>;
  /** Bodies by `seq`, as this member sees them now. */
  bodies: (userId: string, no: number) => Promise<[seq: number, body: string][]>;
};

/** Sets a scene for one test. */
export async function sceneOn(stage: StoreStage): Promise<Scene> {
  const node = await stage.node();
  const space = `space-${randomUUID().slice(0, 8)}`;
  const admit = async (...userIds: string[]) => {
    await Promise.all(userIds.map((userId) => node.users.admit({ space, userId, role: 'user' })));
  };
  const said = (senderId: string, no: number, body: string, more: Partial<NewMessage> = {}): NewMessage => ({
    space,
    senderId,
    authorId: undefined,
    no,
    body,
    clientId: undefined,
    kind: 'text',
    attachments: undefined,
    replyToSeq: undefined,
    permit: 'always',
    ...more,
  });
  return {
    ...node,
    space,
    other: await stage.node(),
    admit,
    async direct(userId, peerId) {
      await admit(userId, peerId);
      return (await node.conversations.openDirect(space, userId, peerId, 'always')).conversation.no;
    },
    async group(...userIds) {
      await admit(...userIds);
      const [owner = '', ...others] = userIds;
      return (await node.conversations.createGroup(space, owner, 'A group', others)).conversation.no;
    },
    said,
    say: (...args) => node.messages.append(said(...args)),
    async bodies(userId, no) {
      const { messages } = await node.history.page(space, userId, no, { afterSeq: 0, limit: 1_000 });
      return messages.map((message) => [message.seq, message.body]);
    },
  };
}

/** The code of the failure that this ends in. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => 'answered',
    (error: unknown) => error,
  );
  if (outcome instanceof Failure) return outcome.code;
  if (outcome === 'answered') return 'answered';
  throw outcome;
}

/** Each sends one of the messages through one of the ports, as often as it is called. */
export const sendersOf = (ports: readonly Messages[], messages: readonly NewMessage[]): RacingSend[] =>
  ports.flatMap((port) =>
    messages.map((message) => () => {
      const stored = port.append(message).then((appended) => appended.message.seq);
      return stored.catch((error: unknown) => codeOf(Promise.reject(error)));
    }),
  );

/** `from` to `to`, both included. */
export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Everybody who holds the same numbers has them dense, from `first`. */
export function expectDense(seqs: readonly number[], first = 1): void {
  expect([...seqs].sort((a, b) => a - b)).toEqual(numbers(first, first + seqs.length - 1));
}
