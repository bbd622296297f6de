import { expect, it } from 'vitest';
import { testDatabase, sessionOn } from '@parley/testkit';

it('clones one template that is migrated once, and each clone is alone', async () => {
  let migrated = 0;
  const migrate = async () => void (migrated += 1);
  const databases = await Promise.all([
    testDatabase(migrate, 'own'),
    testDatabase(migrate, 'own'),
    testDatabase(migrate, 'own'),
  ]);
  expect(migrated).toBe(1);
  const [first, second] = databases;
  await query(first.url, 'create table mine (body text)');
  await expect(query(second.url, 'select * from mine')).rejects.toThrow('does not exist');
  await Promise.all(databases.map((database) => database.close()));
  await expect(query(first.url, 'select 1')).rejects.toThrow('does not exist');
});

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = await sessionOn(connectionString);
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

it('has a fingerprint that changes with any row, and with nothing else', async () => {
  const database = await testDatabase(
    async (url) => void (await query(url, 'create table t (a int, b text)')),
    'fingerprint',
  );
  const empty = await database.fingerprint();
  await query(database.url, "insert into t values (1, 'x'), (2, null)");
  const filled = await database.fingerprint();
  expect(filled).not.toBe(empty);
  expect(await database.fingerprint()).toBe(filled);
  await query(database.url, 'update t set a = 3 where b is null');
  expect(await database.fingerprint()).not.toBe(filled);
  await database.close();
});
