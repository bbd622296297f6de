import { createCircuit } from './circuit.ts';
import { type Database, openDatabase } from './database.ts';
import type { StoreMetrics } from './metrics.ts';
import type { Statement } from './statement.ts';

/** A read that takes longer is the primary's: a page must not wait for a server that hangs. */
const answerWithinMs = 500;
/** How long a replica is left alone that failed. */
const pauseMs = 5_000;

/** Asks a replica for what only a replica that stands where the primary does may answer. */
export type Replica = {
  /**
   * @param statement one that answers no row where the replica has not replayed what the primary has told, and at least
   * one where it has; both seen in one snapshot
   * @returns nothing where the primary has to be asked; it never throws
   */
  read<A, R>(statement: Statement<A, R>, args: A): Promise<R[] | undefined>;
  close(): Promise<void>;
};

type Options = Omit<Parameters<typeof openDatabase>[0], 'databaseUrl' | 'metrics'> & { metrics: StoreMetrics };

export function openReplica(replicaUrl: string, { metrics, ...options }: Options): Replica {
  const counts = { ...metrics, failures: metrics.replicaFailures, watchPool: () => undefined };
  const db: Database = openDatabase({ ...options, databaseUrl: replicaUrl, metrics: counts });
  const circuit = createCircuit({ pauseMs });

  return {
    async read(statement, args) {
      const rows = await circuit.run(() => inTime(db.read(statement, args)));
      const served = rows !== undefined && rows.length > 0;
      metrics.replicaReads.inc({ answer: rows === undefined ? 'failed' : served ? 'served' : 'behind' });
      return served ? rows : undefined;
    },
    // A node must not end later because its replica hangs: what is still asked there, nobody waits for.
    close: () => inTime(db.close()),
  };
}

/** @returns nothing where it failed or comes too late; it never throws */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, answerWithinMs, undefined);
  });
  try {
    return await Promise.race([answer.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
