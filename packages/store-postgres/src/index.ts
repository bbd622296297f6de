export { connectionOptions, settingsOf } from './connection-options.ts';
export { migrate } from './migrate.ts';
export { migrations } from './migrations/index.ts';
export { connectionsMax, createStore, type Store, type StoreOptions } from './store.ts';
export { registerStoreMetrics } from './metrics.ts';
