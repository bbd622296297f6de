import type { ImportedIds } from '@parley/core';

/** Of a store into which no product moved. */
export function createMemoryImportedIds() {
  return {
    areIn: () => false,
    of: async () => new Map(),
    recall: () => new Map(),
    find: async () => undefined,
  } satisfies ImportedIds;
}
