export { freePort, type Part, startPostgres, startRedis } from '@parley/cluster';
export * from './listen.ts';
export * from './memory/log.ts';
export * from './memory/presence-model.ts';
export * from './memory/presence.ts';
export * from './test-database.ts';
export * from './test-redis.ts';
export * from './test-redis-cluster.ts';
export * from './until.ts';
