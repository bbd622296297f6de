import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, DatabaseError } from 'pg';
import { withoutPassword } from './health.ts';
import { projectRoot } from './project-root.ts';
import { Trouble } from './trouble.ts';
import { parley } from './typed.ts';

const script = join(projectRoot, 'infra/postgres/after-restore.sql');
const undefinedFunction = '42883';
/** Each node names its connections after itself; commands, and steps of the schema, have names of their own. */
const nodeConnection = '^parley (?:sends|reads and changes) (.+)$';
/** What PostgreSQL leaves of a long id in the longer of the two names; the end is what tells nodes apart. */
const NODE_ID_CHARS = 38;
const nodesConnected = `
  select count(distinct right(substring(application_name, $1), $2))::int as nodes
  from pg_stat_activity
  where datname = current_database()`;

/**
 * Begins another life of the numbers in a database that was restored: clients forget what they hold of the former one.
 * Once too often loses nothing, but all of them read anew at once.
 * @param whileServing also when nodes hold connections, as when this step of a restore was forgotten
 * @returns the epoch from now on
 * @throws Trouble where the database does not answer, is none of ours, or serves nodes
 */
export async function beginAnew(databaseUrl: string, whileServing: boolean): Promise<string> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'parley restored' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    if (!whileServing) await requireNoNodes(client);
    await client.query(readFileSync(script, 'utf8'));
    const { rows } = await client.query<{ epoch: string }>('select current_epoch() as epoch');
    return rows[0]?.epoch ?? '';
  } catch (error) {
    if (error instanceof Trouble) throw error;
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

async function requireNoNodes(client: Client): Promise<void> {
  const { rows } = await client.query<{ nodes: number }>(nodesConnected, [nodeConnection, NODE_ID_CHARS]);
  const nodes = rows[0]?.nodes ?? 0;
  if (nodes === 0) return;
  throw new Trouble(
    `${nodes} node${nodes === 1 ? ' serves' : 's serve'} from this database, and the clients of all would forget what they hold and read anew at once.`,
    [
      'Before the first node starts is the time for it: infra/postgres/restore.md',
      `Was it restored, and nodes serve already? ${parley('restored', '--while-serving')}`,
    ],
  );
}
