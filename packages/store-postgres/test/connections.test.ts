import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { freePort } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { groupOf, numbers, openStage, type Stage, said } from './support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** As a server that fails over may say it in one packet: authenticated, ready, and that it ends. */
const readyAndEnded = Buffer.concat([
  message('R', [Buffer.alloc(4)]),
  message('Z', [Buffer.from('I')]),
  message('E', ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command', '']),
]);

function message(type: string, fields: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(fields.map((field) => (typeof field === 'string' ? Buffer.from(`${field}\0`) : field)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

describe('connections', () => {
  it('that are ended in the packet that makes them ready fail what wanted them, and no process', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.end(readyAndEnded)).on('error', () => {}));
    server.listen(await freePort(), '127.0.0.1');
    onTestFinished(() => promisify(server.close.bind(server))());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const node = await stage.node({ databaseUrl: `postgres://ana@127.0.0.1:${port}/parley` });
    await expect(node.conversations.facts('main', 'ana', 1)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('flush every commit to the disk, whatever the server is told by default', async () => {
    const admin = await stage.session();
    const database = new URL(stage.url).pathname.slice(1);
    await admin.query(`alter database ${database} set synchronous_commit = off`);
    const node = await stage.node();
    const no = await groupOf(node, 'ana');
    await admin.query(`create table witnessed as select current_setting('synchronous_commit') as setting where false`);
    await admin.query(`create function witness() returns trigger language plpgsql as $$
      begin insert into witnessed values (current_setting('synchronous_commit')); return new; end $$`);
    await admin.query('create trigger witness after insert on messages for each row execute function witness()');
    await node.messages.append(said('ana', no, 'hello'));
    await Promise.all([node.messages.append(said('ana', no, 'hello')), node.messages.append(said('ana', no, 'hello'))]);
    const { rows } = await admin.query('select distinct setting from witnessed');
    expect(rows).toEqual([{ setting: 'on' }]);
    await admin.query(`alter database ${database} reset synchronous_commit`);
    await admin.query('drop trigger witness on messages');
  });

  it('are few: one for each lane, and as many as were ever needed at once for the rest', async () => {
    const node = await stage.node({ lanes: 1, poolMax: 3 });
    const no = await groupOf(node, 'ana');
    await Promise.all(numbers(1, 200).map((i) => node.messages.append(said('ana', no, `${i}`))));
    await Promise.all(numbers(1, 50).map(() => node.conversations.facts('main', 'ana', no)));
    const admin = await stage.session();
    const { rows } = await admin.query<{ purpose: string; count: number }>(
      `select application_name as purpose, count(*)::int as count from pg_stat_activity
       where datname = current_database() and application_name like 'parley%' group by 1`,
    );
    const count = new Map(rows.map(({ purpose, count }) => [purpose, count]));
    // The node of the test before is still open: it had two lanes and asked one thing at a time.
    expect(count.get('parley sends')).toBeLessThanOrEqual(3);
    expect(count.get('parley reads and changes')).toBeLessThanOrEqual(4);
  });

  it.each([
    ['s1-3f9a12', 's1-3f9a12', 's1-3f9a12'],
    // PostgreSQL cuts a name at 63 bytes, and pods of one Deployment differ at their end.
    [`${'a'.repeat(30)}${'b'.repeat(34)}`, `${'a'.repeat(16)}${'b'.repeat(34)}`, `aaaa${'b'.repeat(34)}`],
  ])('say in pg_stat_activity what they are for, and which node holds them: %s', async (nodeId, sends, reads) => {
    const node = await stage.node({ nodeId });
    await node.messages.append(said('ana', await groupOf(node, 'ana'), 'hello'));
    const names = [`parley sends ${sends}`, `parley reads and changes ${reads}`];
    const admin = await stage.session();
    const { rows } = await admin.query<{ name: string }>(
      'select distinct application_name as name from pg_stat_activity where application_name = any($1)',
      [names],
    );
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(names));
  });

  it('keep the name that the URL of the database gives', async () => {
    const node = await stage.node({ nodeId: 's9-url', databaseUrl: `${stage.url}?application_name=chat` });
    await groupOf(node, 'ana');
    const admin = await stage.session();
    const { rows } = await admin.query(
      `select distinct application_name as name from pg_stat_activity where application_name in ('chat', 'parley reads and changes s9-url')`,
    );
    expect(rows).toEqual([{ name: 'chat' }]);
  });
});
