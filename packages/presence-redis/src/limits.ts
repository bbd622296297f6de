/** Members or users that one script call handles: well below a millisecond of Redis' one thread (see README). */
export const membersPerCallMax = 100;
/** Connections that one call looks at to find who is online: about as long as the other calls, since nothing is looked up. */
export const connectionsPerPageMax = 500;
/** Reads of one shard that may wait for Redis at the same time; one more is answered `unknown`. */
export const readsInFlightMax = 512;
/** Users whose last sight is remembered while Redis is away. */
export const marksWaitingMax = 50_000;
/** A sweep follows another one not sooner than this, so that a storm of closes is swept in batches. */
export const sweepPauseMs = 100;
/** Recoveries of several shards at once are told as one. */
export const resyncDelayMs = 50;
/** One Redis would need one; a Redis Cluster of up to eight primaries spreads these over all of them. */
export const shardsDefault = 8;
