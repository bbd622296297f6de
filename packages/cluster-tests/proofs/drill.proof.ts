import { sessionOn } from '@parley/testkit';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cluster, drillOne, faults, handsOn, startCluster } from '@parley/cluster';
import { loadSpaces } from '@parley/node-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const command = join(import.meta.dirname, '../../cluster/bin/parley');
const run = promisify(execFile);

let dir: string;
let cluster: Cluster;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-drill-'));
  cluster = await startCluster({ dir, keepAlive: true });
});
afterAll(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('parley drill', () => {
  it('rehearses every fault, and every promise is kept', async () => {
    const { stdout } = await run(command, ['drill', '--dir', dir]);
    console.log(stdout);
    expect(stdout).toContain('Every promise was kept');
    expect(stdout.match(/^\S+: .* s\)$/gm)).toHaveLength(Object.keys(faults).length);
  });

  it('says so when a promise is broken: a fault that takes a stored message away', async () => {
    const space = loadSpaces(cluster.spacesPath, {}).get('main') ?? expect.fail();
    const isWhole = async () => (await cluster.admin.slots()).length > 0;
    const stage = { url: cluster.url, space, databaseUrl: cluster.databaseUrl, isWhole };
    const hands = handsOn({ dir, perSecond: 50, say: () => undefined });
    const fault = { ...faults['kill-node'], what: 'a stored message is taken away', inflict: takeOneAway };
    const { promises } = await drillOne('lost-message', fault, { stage, hands, perSecond: 50, say: console.log });
    console.log(promises.map(({ promise, kept, seen }) => `${kept ? 'pass' : 'fail'}  ${promise}: ${seen}`).join('\n'));
    expect(promises.filter(({ kept }) => !kept).map(({ promise }) => promise)).toEqual([
      expect.stringContaining('lost, doubled'),
    ]);
  });
});

async function takeOneAway(): Promise<void> {
  const client = await sessionOn(cluster.databaseUrl);
  await client.query(
    'delete from messages where (conversation_no, seq) in (select conversation_no, seq from messages order by created_at desc limit 1)',
  );
  await client.end();
}
