import { createLogger, createMetrics, type FileLinks } from '@parley/node-kit';

type LinkOf = (key: Parameters<FileLinks['linkOf']>[0]) => string;

/** The store of a running database, for one command. Closes itself with `await using`. */
export async function openStore(databaseUrl: string, linkOf?: LinkOf) {
  // Loaded only here: most commands of `parley` never touch the database.
  const { createStore } = await import('@parley/store-postgres');
  const log = createLogger({ nodeId: 'parley', slot: 'up', logLevel: 'silent' });
  const store = createStore({ databaseUrl, ...(linkOf && { linkOf }), registry: createMetrics().registry, log });
  return { ...store, [Symbol.asyncDispose]: () => store.close() };
}
