import { Counter, Gauge, Histogram, type Registry } from '@parley/node-kit';

const seconds = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What the store counts. One registry holds it once: two stores in one process need two registries. */
export function storeMetrics(registry: Registry) {
  const registers = [registry];
  return {
    statementSeconds: new Histogram({
      name: 'parley_store_statement_seconds',
      help: 'From sending a statement of the pool to its answer or its failure, by its name.',
      labelNames: ['statement'],
      buckets: seconds,
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'parley_store_batch_seconds',
      help: 'From sending a batch of messages to its commit or its failure.',
      buckets: seconds,
      registers,
    }),
    batchRows: new Histogram({
      name: 'parley_store_batch_rows',
      help: 'Messages in a batch.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128],
      registers,
    }),
    /** Reads on each scrape how many messages wait for a batch or are in one. */
    watchQueue(read: () => number): void {
      const queue: Gauge = new Gauge({
        name: 'parley_store_queued_rows',
        help: 'Messages that wait for a batch or are in one.',
        registers,
        collect: () => queue.set(read()),
      });
    },
    refusedRows: new Counter({
      name: 'parley_store_refused_rows_total',
      help: 'Messages that were not stored, by the code of their failure.',
      labelNames: ['code'],
      registers,
    }),
    rowByRowBatches: new Counter({
      name: 'parley_store_row_by_row_batches_total',
      help: 'Batches that failed as a whole and were stored one row at a time.',
      registers,
    }),
    heldConversations: new Counter({
      name: 'parley_store_held_conversations_total',
      help: 'Conversations that moved to the side lane because somebody else held them.',
      registers,
    }),
    storedRows: new Counter({
      name: 'parley_store_stored_rows_total',
      help: 'Messages that were stored.',
      registers,
    }),
    duplicateRows: new Counter({
      name: 'parley_store_duplicate_rows_total',
      help: 'Messages that had been stored before: a client sent them again.',
      registers,
    }),
    failures: new Counter({
      name: 'parley_store_failures_total',
      help: 'Statements of the pool that failed, by the code of their failure; without a connection, too.',
      labelNames: ['code'],
      registers,
    }),
    /** Reads the pool on each scrape. */
    watchPool(pool: { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number }): void {
      const connections: Gauge = new Gauge({
        name: 'parley_store_pool_connections',
        help: 'Connections for everything but sends.',
        labelNames: ['state'],
        registers,
        collect() {
          connections.set({ state: 'idle' }, pool.idleCount);
          connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
        },
      });
      const waiting: Gauge = new Gauge({
        name: 'parley_store_pool_waiting_requests',
        help: 'Statements that wait for a connection of the pool.',
        registers,
        collect: () => waiting.set(pool.waitingCount),
      });
    },
    replicaReads: new Counter({
      name: 'parley_store_replica_reads_total',
      help: 'Pages and searches that a replica was asked for: served, or left to the primary because it is behind or failed.',
      labelNames: ['answer'],
      registers,
    }),
    replicaFailures: new Counter({
      name: 'parley_store_replica_failures_total',
      help: 'Statements that failed at the replica, by the code of their failure; nobody was told.',
      labelNames: ['code'],
      registers,
    }),
    droppedMessages: new Counter({
      name: 'parley_store_dropped_messages_total',
      help: 'Messages that were older than their space keeps them, and are gone.',
      labelNames: ['space'],
      registers,
    }),
    lostConnections: new Counter({
      name: 'parley_store_lost_connections_total',
      help: 'Connections for sends that were lost while they were open.',
      registers,
    }),
  };
}

/** Registers what a store registers, for whoever asks only what there is. */
export function registerStoreMetrics(registry: Registry): void {
  const metrics = storeMetrics(registry);
  metrics.watchQueue(() => 0);
  metrics.watchPool({ totalCount: 0, idleCount: 0, waitingCount: 0 });
}

export type StoreMetrics = ReturnType<typeof storeMetrics>;
