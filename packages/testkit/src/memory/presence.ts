import type { PresenceBoard, Transition } from '@parley/core';
import { type Connected, createPresenceModel, type PresenceDurations } from './presence-model.ts';

type Options = Partial<PresenceDurations> & { startsAt?: Date };

const stepMs = 10;

/**
 * A presence board without Redis, over any number of nodes. Time stands still until somebody lets it `pass`; then
 * leases are renewed and graces end. Nobody has to wait for a new board, unless it is given a youth.
 */
export function createMemoryPresence(options: Options = {}) {
  const { startsAt = new Date('2026-01-01T00:00:00Z'), ...durations } = options;
  const times = { leaseMs: 8_000, youthMs: 0, graceMs: 5_000, lostGraceMs: 15_000, ...durations };
  const model = createPresenceModel(times);
  const nodes = new Map<PresenceBoard, Node>();
  let now = startsAt.getTime();
  let away = false;

  const publish = () => {
    for (const transition of model.takeAnnounced()) {
      for (const node of nodes.values()) if (!node.dead) node.listener?.onTransition(transition);
    }
  };
  const renew = (node: Node) => {
    const { leaseHeld, count } = model.renew(now, node.name);
    if (leaseHeld && count === node.wanted.size && !node.behind) return;
    node.behind = false;
    node.round += 1;
    model.register(now, node.name, node.round, [...node.wanted.values()]);
    model.settle(now, node.name, node.round);
  };
  const live = () => [...nodes.values()].filter((node) => !node.dead);
  const step = () => {
    if (away) return;
    for (const node of live()) renew(node);
    model.sweep(now);
    publish();
    if (model.read(now, '', '').status === 'unknown') return;
    for (const node of live()) {
      if (!node.listener || node.listener.hasRead) continue;
      node.listener.hasRead = true;
      node.listener.onResync();
    }
  };

  return {
    /** Another node of the same cluster, with a lease. */
    node(name = `node-${nodes.size + 1}`): PresenceBoard {
      const node: Node = { name, wanted: new Map(), round: 0, behind: false, dead: false, listener: undefined };
      const reach = (change: () => void) => {
        if (away) node.behind = true;
        if (away || node.dead) return;
        change();
        publish();
      };
      const board: PresenceBoard = {
        connect(space, userId, connectionId) {
          const one = { space, userId, connectionId };
          node.wanted.set(`${space}\n${userId}\n${connectionId}`, one);
          reach(() => model.register(now, name, node.round, [one]));
        },
        disconnect(space, userId, connectionId) {
          const one = { space, userId, connectionId };
          node.wanted.delete(`${space}\n${userId}\n${connectionId}`);
          reach(() => model.release(now, name, [one]));
        },
        async read(space, userIds) {
          return userIds.map((userId) => (away ? { userId, status: 'unknown' } : model.read(now, space, userId)));
        },
        async count(space) {
          return away ? undefined : model.online(now, space)?.length;
        },
        async online(space, { after = '', limit }) {
          const isAfter = (userId: string) => Buffer.compare(Buffer.from(userId), Buffer.from(after)) > 0;
          return away ? undefined : model.online(now, space)?.filter(isAfter).slice(0, limit);
        },
        listen(onTransition, onResync) {
          node.listener = { onTransition, onResync, hasRead: false };
        },
        async close() {
          reach(() => model.retire(now, name));
          node.dead = true;
        },
      };
      nodes.set(board, node);
      step();
      return board;
    },
    /** The node's process dies: it says nothing more, and hears nothing. */
    kill(board: PresenceBoard) {
      const node = nodes.get(board);
      if (node) node.dead = true;
    },
    /** Nobody reaches the board. */
    leave() {
      away = true;
      for (const { listener } of nodes.values()) if (listener) listener.hasRead = false;
    },
    /** The board can be reached again. @param emptied whether it forgot everything meanwhile */
    comeBack({ emptied }: { emptied: boolean }) {
      away = false;
      if (emptied) model.empty();
      step();
    },
    pass(ms: number) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + stepMs);
        step();
      }
    },
  };
}

export type MemoryPresence = ReturnType<typeof createMemoryPresence>;

type Node = {
  name: string;
  wanted: Map<string, Connected>;
  round: number;
  /** Something happened that the board was not told. */
  behind: boolean;
  dead: boolean;
  listener: Listener | undefined;
};

type Listener = {
  onTransition: (transition: Transition) => void;
  onResync: () => void;
  /** Told to read since it listens, and since somebody could last not tell. */
  hasRead: boolean;
};
