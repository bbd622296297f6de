export { type Durations } from './durations.ts';
export { type Lease, readLeases } from './leases.ts';
export { createPresence, type PresenceOptions, type RedisPresence } from './presence.ts';
export type { Mark, OnSeen } from './seen.ts';
export { presenceMetrics } from './metrics.ts';
