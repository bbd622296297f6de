import { sessionOn } from '@parley/testkit';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type Cluster, type Part, startCluster, startRedis } from '@parley/cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describe as told } from '../src/cli/drill.ts';
import { env, parleyIn } from './fixtures/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-drill-'));
chmodSync(folder, 0o755);
const dir = join(folder, '.parley');
let redis: Part;
let cluster: Cluster;

beforeAll(async () => {
  redis = await startRedis({ dir: join(folder, 'redis'), logFile: join(folder, 'redis.log') });
  const few = { apiNodes: 1, socketNodes: 1, durable: false };
  cluster = await startCluster({ dir, ...few, redisUrl: redis.url, keepAlive: true });
});
afterAll(async () => {
  await cluster.stop();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

const parley = (...args: string[]) => parleyIn(env, ...args, '--dir', dir);

describe('parley drill', () => {
  it('names every fault whose process runs elsewhere, and hurts nothing', async () => {
    const before = cluster.pid('s1');
    const { code, out, error } = await parley('drill', '--only', 'kill-redis', 'kill-node');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(error).toMatch(/\n {2}kill-redis: no process of this cluster is redis: it runs elsewhere, or is down\n/);
    expect(error).not.toContain('kill-node');
    expect(cluster.pid('s1')).toBe(before);
  });

  it('ends when a fault cannot be inflicted, with its reason', async () => {
    expect(await parley('drill', '--only', 'drain')).toMatchObject({
      code: 1,
      error: expect.stringContaining('s1 is the only socket node: nobody would take its clients.'),
    });
  });
});

describe('a drill in which a promise is broken', () => {
  it('says which one, and ends with 1: here PostgreSQL loses a message that it took', async () => {
    const client = await sessionOn(cluster.databaseUrl);
    try {
      await client.query(losesOneMessage);
      const { code, out } = await parley('drill', '--only', 'kill-node');
      expect(stripVTControlCharacters(out)).toMatch(
        /✗ fail {2}nothing acknowledged is lost.*[1-9]\d* violations, such as.*\nA promise was broken\n$/s,
      );
      expect(code).toBe(1);
    } finally {
      await client.query('drop function if exists lose() cascade');
      await client.end();
    }
  });
});

/** It goes in the transaction that acknowledges it, long before the fault: whoever is to hear of it has. */
const losesOneMessage = `
  create function lose() returns trigger language plpgsql as $$
  begin
    delete from messages where conversation_no = new.conversation_no and seq = new.seq;
    return null;
  end $$;
  create trigger lose after insert on messages for each row when (new.body like 'drill 10 of %') execute function lose();
`;

describe('what a drill tells in the end', () => {
  it('names what was skipped, and why', () => {
    const skipped = [{ fault: 'kill-redis', why: 'it runs elsewhere' }] as const;
    expect(told({ passed: true, faults: [], skipped })).toMatch(
      /– skipped.* {2}kill-redis: it runs elsewhere\n.*Every/,
    );
  });
});

describe('parley restored', () => {
  it('is refused while nodes serve, and says how it is done all the same', async () => {
    const refused = await parley('restored');
    expect(refused).toMatchObject({
      code: 1,
      out: '',
      error: expect.stringMatching(/2 nodes serve .*--while-serving/s),
    });
    const late = await parley('restored', '--while-serving');
    expect(late).toMatchObject({ code: 0, out: expect.stringContaining(' is the epoch now') });
  });
});
