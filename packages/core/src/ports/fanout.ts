import type { EventName, Payload } from '@parley/protocol';
import type { Hops } from './hops.ts';
import type { Audience } from '../rules/audience.ts';
import type { ClosingCode } from '@parley/protocol';

/** Where an event stands in its conversation's order, so that every node emits one order without holes. */
export type Order = { no: number; membershipVersion: number } & ({ seq: number } | { rev: number });

export type Telling<N extends EventName = EventName> = {
  [K in N]: { name: K; payload: Payload<K>; audience: Audience; order: Order | undefined; hops?: Hops };
}[N];

/** Tells connected clients. A telling is a hint: the log is the truth, and repair makes up for what is lost. */
export interface Fanout {
  /**
   * Emits to this node's sockets without waiting for anything, then to the other nodes'. Never throws, never waits.
   * Events with an `order` are emitted by every node in that order, once, without holes.
   */
  tell(telling: Telling): void;
  /** Ends every session of a user, on every node that can be reached. Nodes ask the store again every minute besides. */
  endSessions(space: string, userId: string, code: ClosingCode): void;
  /** Has every other node that can be reached forget what the host said of two users; elsewhere it ends by itself. */
  forgetTalk(space: string, userA: string, userB: string): void;
  /**
   * Has every other node that can be reached look anew at what two users may know of each other. A hint, said once: a node
   * that heard nobody for a while looks anew at all of its own.
   */
  linkChanged(space: string, userA: string, userB: string): void;
}
