import type { Backoff } from './backoff.ts';
import type { Storage } from './storage/storage.ts';

export type Transport = 'websocket' | 'polling';

export type ClientOptions = {
  /** The space's base URL, such as `https://chat.example.com`. */
  url: string;
  /** A token, or where to get one: asked when connecting and before the last one ends. */
  token: string | (() => Promise<string>);
  /** Where the outbox and the cursors are kept. Memory, when absent: a restart then begins at the heads. */
  storage?: Storage;
  /** In the order in which they are tried. WebSocket, then long-polling. */
  transports?: readonly Transport[];
  /** Where Socket.IO listens, when a proxy moved it. */
  path?: string;
  /**
   * How many messages of a conversation are told when it is met for the first time. 0: only what comes from now on.
   * Conversations that come into being later are told from their beginning.
   */
  backlog?: number;
  /** Whether delivered receipts are sent by themselves. */
  deliveredReceipts?: boolean;
  /** Whether `notification` is told. What came while away is in the unread counts of the inbox. */
  notifications?: boolean;
  /** How long a command may take before its outcome is unknown. */
  commandTimeoutMs?: number;
  /** How long connecting may take, up to `session.ready`. */
  connectTimeoutMs?: number;
  /** Between attempts to connect. */
  reconnect?: Backoff;
  /** Between attempts to send a message. */
  resend?: Backoff;
  /** How long a hole may wait for its push before `sync` fetches it. */
  gapWaitMs?: number;
  /** How long `close()` waits for the outbox. */
  closeTimeoutMs?: number;
};

export const defaults = {
  transports: ['websocket', 'polling'],
  backlog: 0,
  deliveredReceipts: true,
  notifications: false,
  commandTimeoutMs: 10_000,
  connectTimeoutMs: 15_000,
  // A node that dies frees thousands of clients at once: the first try is spread over the time up to two seconds.
  reconnect: { baseMs: 2_000, maxMs: 30_000 },
  resend: { baseMs: 200, maxMs: 15_000 },
  gapWaitMs: 50,
  closeTimeoutMs: 3_000,
} as const satisfies Partial<ClientOptions>;

export type Settings = Required<Omit<ClientOptions, 'storage' | 'path'>> & { path?: string };

export function settingsOf(given: ClientOptions): Settings {
  const { storage: _, ...options } = given;
  return { ...defaults, ...options };
}
