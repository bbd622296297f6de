import { staffId } from '@parley/protocol';
import { until } from '@parley/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createRun,
  type DialectClient,
  gather,
  type Run,
  sharedCluster,
  talk,
  type Tongue,
  tongues,
} from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());
afterEach(() => cluster.restart('s2'));

const pairs = 4;
const echoesMin = 30;

async function gatherSpeakers(tongue: Tongue) {
  const run = createRun(cluster, tongue.space, tongue.userIdOf);
  const clients = await (tongue.pool ? pooled(run, tongue) : paired(run, tongue));
  await until(() => clients.every(({ socket }) => socket.connected), { what: 'all are connected', withinMs: 10_000 });
  return { run, clients };
}

async function paired(run: Run, tongue: Tongue): Promise<DialectClient[]> {
  const clients: DialectClient[] = [];
  for (let i = 0; i < pairs; i += 1) {
    const [a, b] = [`${2 * i + 1}`, `${2 * i + 2}`];
    await run.users(a, b);
    await tongue.acquaint?.(run, run.userId(a), run.userId(b));
    const conversationId = await run.direct(a, b);
    clients.push(
      run.dialect(tongue, a, { peer: b, conversationId }),
      run.dialect(tongue, b, { peer: a, conversationId }),
    );
  }
  return clients;
}

/** Each user is answered by two of the pool, and all of the pool hear all threads. */
async function pooled(run: Run, tongue: Tongue): Promise<DialectClient[]> {
  const talks = ['uma', 'ugo'].map((user) => ({ user, trainers: [`t1-${user}`, `t2-${user}`] }));
  await run.agents(...talks.flatMap(({ trainers }) => trainers));
  const threads = await Promise.all(talks.map(async (talk) => ({ ...talk, id: await run.thread(talk.user) })));
  return threads.flatMap(({ user, trainers, id: conversationId }) => [
    run.dialect(tongue, user, { peer: staffId, conversationId }),
    ...trainers.map((trainer) => run.dialect(tongue, trainer, { peer: user, conversationId })),
  ]);
}

describe('clients of several contracts on three nodes', () => {
  it('while one node is killed: I1–I7 and I11 hold in every space, and what was said comes to all in one order', async () => {
    const spaces = await Promise.all(tongues.map(gatherSpeakers));
    const native = createRun(cluster);
    const { talkers } = await gather(native, { users: 20 });
    const all = spaces.flatMap(({ clients }) => clients);
    const echoed = (more: number, since: readonly number[]) =>
      all.every((one, i) => one.echoes() >= (since[i] ?? 0) + more);

    let over = false;
    const talking = all.map((client) => client.talk(() => over));
    const load = talk(talkers, { perSecond: 20 });
    await until(() => echoed(echoesMin, []), { what: 'all have talked', withinMs: 20_000 });
    await cluster.kill('s2', 'SIGKILL');
    const before = all.map((client) => client.echoes());
    await until(() => echoed(echoesMin, before), { what: 'all go on talking', withinMs: 30_000 });
    over = true;
    await Promise.all([...talking, load.end()]);

    const runs = [native, ...spaces.map(({ run }) => run)];
    for (const { violations } of await Promise.all(runs.map((run) => run.verdict()))) expect(violations).toEqual([]);
  });
});
