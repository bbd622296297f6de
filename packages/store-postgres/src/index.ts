export { migrate } from './migrate.ts';
export { createStore, type Store, type StoreOptions } from './store.ts';
export { registerStoreMetrics } from './metrics.ts';
