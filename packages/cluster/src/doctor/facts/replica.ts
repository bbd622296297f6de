import { Client } from 'pg';

export type ReplicaFacts = {
  /** Whether it replays the log of another server. */
  replays: boolean;
  /** Whether that is the log of our primary. */
  ours: boolean;
  /** Bytes of the log that the primary has written and it has not replayed. */
  behindBytes: number;
};

const ASK_MS = 3_000;

/** @throws Error when one of them does not answer */
export async function replicaFacts(replicaUrl: string, primaryUrl: string): Promise<ReplicaFacts> {
  // The replica first: what the primary writes in between counts as not replayed, and not the other way round.
  const [replica] = await asked<{ replays: boolean; system: string; at: string | null }>(
    replicaUrl,
    `select pg_is_in_recovery() as replays, system_identifier::text as system, pg_last_wal_replay_lsn()::text as at
      from pg_control_system()`,
  );
  const [primary] = await asked<{ system: string; behind: number | null }>(
    primaryUrl,
    `select system_identifier::text as system, pg_wal_lsn_diff(pg_current_wal_lsn(), $1::pg_lsn)::float8 as behind
      from pg_control_system()`,
    [replica?.at ?? null],
  );
  return {
    replays: replica?.replays ?? false,
    ours: replica?.system === primary?.system,
    behindBytes: Math.max(0, primary?.behind ?? 0),
  };
}

async function asked<R extends object>(url: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ASK_MS,
    query_timeout: ASK_MS,
    application_name: 'parley doctor',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
