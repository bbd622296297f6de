import type { Presence } from '@parley/protocol';

export type Transition = { space: string; presence: Presence };

/**
 * Who is online, over all nodes. Truth comes from leases in Redis time; nothing here is durable.
 * A user is online while one of their connections is registered by a node whose lease lives, or within the grace.
 */
export interface PresenceBoard {
  /**
   * Registers a connection of this node. Never throws and never waits for Redis: while Redis is away it is remembered
   * and registered when it comes back.
   */
  connect(space: string, userId: string, connectionId: string): void;
  /** Takes it away; the user is `offline` after the grace, unless another connection is there. Never throws. */
  disconnect(space: string, userId: string, connectionId: string): void;
  /** In the order asked for. `unknown` for everybody whose shard is away or young; never a false `offline`. Never throws. */
  read(space: string, userIds: readonly string[]): Promise<Presence[]>;
  /** How many users of a space are online, also stale. `undefined`: nobody can tell; never a part of the number. Never throws. */
  count(space: string): Promise<number | undefined>;
  /**
   * Who they are, ascending by the bytes of their ids, after the one named; fewer than `limit` only at the end. Who is online
   * while somebody pages is found once. `undefined`: nobody can tell. Never throws.
   */
  online(space: string, page: { after?: string; limit: number }): Promise<string[] | undefined>;
  /**
   * Hears transitions of the whole cluster, each once, from the first `onResync` on. May miss some when Redis was away;
   * then `onResync` is called again. Watchers read at each.
   */
  listen(onTransition: (transition: Transition) => void, onResync: () => void): void;
  /** Gives up this node's lease and connections in one step; others see the drain's grace. */
  close(): Promise<void>;
}
