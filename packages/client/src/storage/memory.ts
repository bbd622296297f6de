import type { Json, Storage } from './storage.ts';

/** Keeps until the process ends. Give the same `entries` to a later client to play a restart. */
export function memoryStorage(entries = new Map<string, Json>()): Storage {
  return {
    async load() {
      return new Map(entries);
    },
    async write(changes) {
      for (const { key, value } of changes) {
        if (value === undefined) entries.delete(key);
        else entries.set(key, value);
      }
    },
    async close() {},
  };
}
