import pg from 'pg';

type Kept = { stored: number; distinct: number; sparse: number };

/**
 * Asks the database what it kept, by a query for one row: how many messages are stored, how many are distinct by their bodies,
 * and how many conversations have holes in their numbers.
 * @returns what is wrong with it, given how many messages were acknowledged
 */
export async function auditOf(databaseUrl: string, query: string, acked: number): Promise<string[]> {
  const db = new pg.Client(databaseUrl);
  await db.connect();
  try {
    const { rows } = await db.query<Kept>(query);
    return faultsOf(rows[0] ?? { stored: 0, distinct: 0, sparse: 0 }, acked);
  } finally {
    await db.end();
  }
}

export function faultsOf({ stored, distinct, sparse }: Kept, acked: number): string[] {
  return [
    ...(stored === acked ? [] : [`${stored} messages are stored, ${acked} were acknowledged`]),
    ...(distinct === stored ? [] : [`${stored - distinct} messages are stored twice`]),
    ...(sparse === 0 ? [] : [`${sparse} conversations have holes in their numbers`]),
  ];
}
