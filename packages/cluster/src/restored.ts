import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, DatabaseError } from 'pg';
import { withoutPassword } from './health.ts';
import { projectRoot } from './project-root.ts';
import { Trouble } from './trouble.ts';
import { parley } from './typed.ts';

const script = join(projectRoot, 'infra/postgres/after-restore.sql');
const undefinedFunction = '42883';

/**
 * Begins another life of the numbers in a database that was restored: clients forget what they hold of the former one.
 * Once too often does no harm.
 * @returns the epoch from now on
 * @throws Trouble where the database does not answer, or is none of ours
 */
export async function beginAnew(databaseUrl: string): Promise<string> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'parley restored' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(readFileSync(script, 'utf8'));
    const { rows } = await client.query<{ epoch: string }>('select current_epoch() as epoch');
    return rows[0]?.epoch ?? '';
  } catch (error) {
    const isEmpty = error instanceof DatabaseError && error.code === undefinedFunction;
    const why = isEmpty ? 'it has no schema of Parley' : String(error);
    throw new Trouble(
      `The epoch of ${withoutPassword(databaseUrl)} is what it was: ${why}.`,
      [isEmpty ? 'Is it the database that was restored?' : `Mend that, and again: ${parley('restored')}`],
      error,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
