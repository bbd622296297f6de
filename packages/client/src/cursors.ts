import type { Change, Json, Storage } from './storage/storage.ts';
import type { Timers } from './timers.ts';

export type Cursor = { seq: number; rev: number };
/** Whose cursors these are, under which epoch, and whether the whole inbox was read once. */
export type Account = { userId: string; epoch: string; complete: boolean };

export type Cursors = {
  /** What an earlier start kept. Once, before anything else. */
  load(entries: ReadonlyMap<string, Json>): void;
  readonly account: Account | undefined;
  get(conversationId: string): Cursor | undefined;
  ids(): string[];
  /** Written soon, together with others: never before the application was told what it covers. */
  set(conversationId: string, cursor: Cursor | undefined): void;
  /** Another account or epoch forgets every cursor. */
  enter(account: Account): void;
  flush(): Promise<void>;
};

/** A crash repeats what was told within this time; a clean `close` repeats nothing. */
const writeEveryMs = 100;
const table = 'cursor/';
const accountKey = 'account/own';

export function createCursors(storage: Storage, timers: Timers, onError: (error: unknown) => void): Cursors {
  const cursors = new Map<string, Cursor>();
  let account: Account | undefined;
  const changes = new Map<string, Change>();
  let cancel: (() => void) | undefined;

  async function flush(): Promise<void> {
    cancel?.();
    cancel = undefined;
    if (changes.size === 0) return;
    const batch = [...changes.values()];
    changes.clear();
    try {
      await storage.write(batch);
    } catch (error) {
      // An older cursor is no harm: it repeats. Newer values win over those that failed.
      for (const change of batch) if (!changes.has(change.key)) changes.set(change.key, change);
      onError(error);
    }
  }

  function put(key: string, value: Json | undefined): void {
    changes.set(key, value === undefined ? { key } : { key, value });
    cancel ??= timers.after(writeEveryMs, () => void flush());
  }

  function set(conversationId: string, cursor: Cursor | undefined): void {
    const known = cursors.get(conversationId);
    if (known?.seq === cursor?.seq && known?.rev === cursor?.rev) return;
    if (cursor) cursors.set(conversationId, cursor);
    else cursors.delete(conversationId);
    put(`${table}${conversationId}`, cursor && { ...cursor });
  }

  return {
    load(entries) {
      for (const [key, value] of entries)
        if (key.startsWith(table)) cursors.set(key.slice(table.length), value as Cursor);
      account = entries.get(accountKey) as Account | undefined;
    },
    get account() {
      return account;
    },
    get: (conversationId) => cursors.get(conversationId),
    ids: () => [...cursors.keys()],
    set,
    enter(next) {
      if (account?.userId !== next.userId || account.epoch !== next.epoch) {
        for (const id of cursors.keys()) set(id, undefined);
      }
      account = next;
      put(accountKey, { ...next });
    },
    flush,
  };
}
