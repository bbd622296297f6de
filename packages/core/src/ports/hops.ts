/**
 * When one message in some hundred came where, in milliseconds since 1970 by the clock of its node: whoever has it fills
 * its own in. Nothing is decided by it.
 */
export type Hops = {
  /** Its frame was read from the socket. */
  readonly receivedAt: number;
  /** It waits for its batch. */
  queuedAt?: number;
  /** Its batch left for the database. */
  sentAt?: number;
  committedAt?: number;
  /** Where its spans hang, where it is traced. */
  readonly trace?: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean };
};
