export type { Joined } from './arrivals.ts';
export { endSession } from './closing.ts';
export * from './fanout.ts';
export type { Who } from './listeners.ts';
export { registerFanoutMetrics } from './metrics.ts';
