import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cluster, type NodeKind, startCluster } from '@parley/cluster';
import { until, sessionOn } from '@parley/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRun, gather, type Load, serveCluster, talk, tryAgain, viewOf } from '../src/index.ts';

const root = new URL('../../..', import.meta.url).pathname;
const run = promisify(execFile);
const users = 24;
const perGroup = 4;
/** Some of the plain clients also send, and try again by hand. */
const byHandMax = 4;
const perSecond = 100;
const ofNodes =
  'protocol core dialects node-kit store-postgres presence-redis fanout-socketio files-disk api-node socket-node';
/** The newest change to these divides the two builds, unless PARLEY_BEFORE names another commit. */
const changes = {
  'what a node consists of': ofNodes.split(' ').map((name) => `packages/${name}/src`),
  'the schema': ['packages/store-postgres/src/migrations'],
};
const named = process.env['PARLEY_BEFORE'];
const builds: [what: string, before: () => Promise<string>][] = named
  ? [['what came after PARLEY_BEFORE', async () => named]]
  : Object.entries(changes).map(([what, paths]) => [what, () => beforeTheLastChange(paths)]);

describe.each(builds)('a rolling upgrade to the newest change of %s, and the way back', (what, commitBefore) => {
  it('nodes of two builds serve together under load, whichever came first', async () => {
    const before = await checkOut(await commitBefore());
    const now = { name: await nameOf('HEAD'), root };
    const { cluster, entries, schema } = await start(before.root);
    const run = createRun(viewOf(cluster.facts));
    const { talkers, plains, groups } = await gather(run, { users, perGroup });
    const load = talk(talkers, { perSecond: 40 });
    const byHand = tryAgain(
      plains.slice(0, byHandMax).map((client, i) => async (body, clientId) => {
        const group = groups[Math.floor((2 * i + 1) / perGroup)] ?? '';
        return client.socket.connected && ((await client.send(group, body, clientId))?.ok ?? false);
      }),
    );
    const runs = (build: { root: string }, ids: readonly string[]) =>
      ids.filter((id) => commandOf(cluster.of.pid(id)).includes(join(build.root, `packages/${kindOf(id)}-node`)))
        .length;
    const ids = () => cluster.of.nodes().map(({ id }) => id);
    const goesOn = async (what: string) => {
      await acknowledged(load, 200, what);
      console.log(`${what}: ${runs(before, ids())} nodes of before and ${runs(now, ids())} of now; ${await schema()}`);
    };
    await goesOn('as it was');
    expect(runs(before, ids())).toBe(5);
    const oldSchema = await schema();

    use(entries, now.root);
    for (const id of ['a1', 's2']) await cluster.of.restart(id);
    await goesOn('one of each kind is new');
    expect([runs(before, ids()), runs(now, ids())]).toEqual([3, 2]);
    if (what === 'the schema') expect(await schema()).not.toBe(oldSchema);
    await cluster.of.obey({ name: 'roll', perSecond }, () => undefined);
    await goesOn('all are new');
    expect(runs(now, ids())).toBe(5);

    use(entries, before.root);
    for (const id of ids().slice(-1)) await cluster.of.restart(id);
    await goesOn('one is of before again');
    await cluster.of.obey({ name: 'roll', perSecond }, () => undefined);
    await goesOn('all are of before again');
    expect(runs(before, ids())).toBe(5);

    // Throws when one send of an SDK client was refused.
    await Promise.all([load.end(), byHand.end()]);
    const { violations, convergedMs } = await run.verdict({ withinMs: 30_000 });
    console.log(
      [
        `before: ${before.name}`,
        `now:    ${now.name}`,
        `sends of ${talkers.length} SDK clients: ${load.acks.length} acknowledged, none refused`,
        `sends of ${byHandMax} plain clients: ${byHand.stored.length} acknowledged, ${byHand.again} tries again by hand`,
        `all clients converged ${Math.round(convergedMs)} ms after the last acknowledgement; ${violations.length} violations`,
      ].join('\n'),
    );
    expect(violations).toEqual([]);
  });
});

async function acknowledged(load: Load, count: number, what: string): Promise<void> {
  const soFar = load.acks.length;
  await until(() => load.acks.length >= soFar + count, { what: `the load goes on: ${what}`, withinMs: 60_000 });
}

async function git(...args: string[]): Promise<string> {
  return (await run('git', args, { cwd: root })).stdout.trim();
}

async function beforeTheLastChange(paths: readonly string[]): Promise<string> {
  return `${await git('log', '-1', '--format=%H', '--', ...paths)}~1`;
}

const nameOf = (commit: string): Promise<string> => git('log', '-1', '--format=%h %s', commit);

/** A build of another commit, with the dependencies of its own lockfile. */
async function checkOut(commit: string): Promise<{ name: string; root: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-before-'));
  onTestFinished(async () => {
    await git('worktree', 'remove', '--force', folder);
  });
  await git('worktree', 'add', '--force', '--detach', folder, commit);
  await run('npx', ['--yes', 'pnpm@12', 'install', '--frozen-lockfile', '--prefer-offline'], { cwd: folder });
  return { name: await nameOf(commit), root: folder };
}

function use(entries: Partial<Record<NodeKind, string>>, build: string): void {
  for (const kind of ['api', 'socket'] as const) entries[kind] = join(build, `packages/${kind}-node/src/main.ts`);
}

const kindOf = (id: string): NodeKind => (id.startsWith('a') ? 'api' : 'socket');

function commandOf(pid: number | undefined): string {
  return pid === undefined ? '' : readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

async function start(build: string) {
  const dir = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(dir, 0o755);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const entries: Partial<Record<NodeKind, string>> = {};
  use(entries, build);
  // The schema is that of the nodes, and moves on with the first one that knows more.
  const of = await startCluster({ dir, entries, ports: 'free', durable: false, migrate: async () => undefined });
  onTestFinished(() => of.stop());
  const { facts, close } = await serveCluster(of, { dir });
  onTestFinished(close);
  return { cluster: { of, facts }, entries, schema: () => schemaOf(of) };
}

async function schemaOf({ databaseUrl }: Cluster): Promise<string> {
  const client = await sessionOn(databaseUrl);
  try {
    const { rows } = await client.query<{ name: string; older_nodes: string }>(
      'select name, older_nodes from migrations order by number desc limit 1',
    );
    return `the last step of the schema is "${rows[0]?.name}", which older nodes ${rows[0]?.older_nodes}`;
  } finally {
    await client.end();
  }
}
