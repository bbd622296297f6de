import { withoutPassword } from './health.ts';
import { openStore } from './store.ts';
import { Trouble } from './trouble.ts';

/**
 * Brings the schema up to date with the store's own migrations. Each is one transaction, so one that fails half-way
 * has changed nothing, and the next start tries it again.
 * @throws Trouble with the database's words
 */
export async function migrateStore(databaseUrl: string): Promise<void> {
  await using store = await openStore(databaseUrl);
  try {
    await store.migrate();
  } catch (error) {
    throw new Trouble(
      `The schema of ${withoutPassword(databaseUrl)} could not be brought up to date: ${wordsOf(error)}`,
      ['Nothing was changed by the step that failed. Mend its cause, and start again.'],
      error,
    );
  }
}

/** The innermost cause says most: what the database answered. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : wordsOf(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message} (${cause})`;
}
