import type { ProtocolName, Seat, SystemName } from '../generator/plan.ts';
import type { Running } from './processes.ts';

/** A running socket node. HAProxy asks its private port whether it is ready. */
export type Node = Running & { port: number; privatePort: number };

/** A system under test, as the driver sees it. */
export type System = {
  name: SystemName;
  protocol: ProtocolName;
  database: string;
  /** The database that every run starts from a copy of; those of one name hold the same. */
  template: string;
  /** Brings schema, users and conversations into the template. */
  fill(databaseUrl: string): Promise<void>;
  /** Starts one socket node and waits until it takes clients. */
  startNode(index: number): Promise<Node>;
  /** Where the client sits that is number `index` in the order of conversations. */
  seat(index: number, url: string): Seat;
  /** Asks the database what it kept. @returns what is wrong with it, given how many messages were acknowledged */
  audit(databaseUrl: string, acked: number): Promise<string[]>;
};

/** Who is there, before anybody talks. */
export type Population = { clients: number; roomSize: number };

export function templateName(database: string, { clients, roomSize }: Partial<Population> = {}): string {
  return `${database}_${clients ?? 'any'}_${roomSize ?? 'any'}_template`;
}

export function userIdOf(client: number): string {
  return `bench-${client}`;
}

/** Where a client sits in a system that believes everybody, and that makes a conversation of any name. */
export function seatWithoutToken(index: number, url: string, roomSize: number): Seat {
  const conversationId = `bench-${Math.floor(index / roomSize)}`;
  return { url, headers: {}, userId: userIdOf(index), token: '', conversationId };
}
