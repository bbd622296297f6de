import { Client } from 'pg';

/** The database of an embedded server. */
export const DATABASE = 'parley';

/** Makes the product's database where it does not exist. @returns its URL */
export async function openDatabase(serverUrl: string): Promise<string> {
  const client = new Client(serverUrl);
  // Its end is met by what it is asked next; without a listener the process would exit.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${DATABASE}`;
  return url.href;
}
