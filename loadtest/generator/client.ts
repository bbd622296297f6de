import type { Stamp } from '../lib/stamp.ts';

/** What came of a send. */
export type Outcome = 'stored' | { code: string; retryAfterMs: number };

export type Hears = {
  /** `reached` is the number that the conversation has reached, where the system numbers. */
  ready(reached: number | undefined): void;
  /** `id` as it was sent. */
  answered(id: number, outcome: Outcome): void;
  /** `number` is the message's place in its conversation, where the system numbers. */
  delivered(stamp: Stamp, number: number | undefined): void;
  /** Ended by the other side, or never began. */
  closed(reason: string): void;
};

/** Sits in one conversation and talks there. */
export type Client = {
  /** @param id one of the client's own, from 0 on, that the answer names */
  send(id: number, clientId: string, body: string): void;
  close(): void;
};
