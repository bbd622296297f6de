/** What is kept is JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A key with its new value, or without one: then it is taken away. */
export type Change = { key: string; value?: Json };

/**
 * Where a client keeps what must outlive it: its outbox and its cursors. One storage belongs to one client at a time.
 *
 * Keys have the form `table/id`. Calls may overlap; their effects are in the order of the calls.
 */
export interface Storage {
  /** Everything that is kept. Called once, before anything else. */
  load(): Promise<Map<string, Json>>;
  /** All of these changes or none, also after a crash. They are durable when it answers. */
  write(changes: readonly Change[]): Promise<void>;
  /** After the writes that were asked for. Nothing is called afterwards. */
  close(): Promise<void>;
}
