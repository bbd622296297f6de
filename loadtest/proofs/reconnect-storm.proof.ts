import { type Cluster, perSecondMax } from '@parley/cluster';
import { until } from '@parley/testkit';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { cpuOf, machineMs } from '../bench/cpu.ts';
import { type Scene, setScene } from './storm/scene.ts';
import type { Report, Stored, Timed } from './storm/words.ts';

const clients = Number(process.env['PARLEY_CLIENTS'] ?? 5_000);
const talkers = 100;
const perSecond = 100;
/** What one node may let in within a second: its highest rate, and what it takes at once after a quiet time. */
const admittedMax = 250 + 30;
/** It begins at 40 a second. */
const enterMs = (clients / 200) * 1_000;
const usualMs = 8_000;
const spanMs = 2_000;
/** What the others' p99 may be, against before. How long the storm lasts is told, and follows from the machine. */
const timesUsualMax = 3;

describe('a storm of clients that come back', () => {
  it(`${clients} clients: after kill -9 of their node all are back and repaired, and nobody else waits`, async () => {
    const scene = await setScene({ clients, talkers });
    const { cluster, storm, stormSeats } = scene;
    const url = cluster.url;
    await onlyNodes(cluster, ['s2', 's3']);
    await scene.talkers.obey({ order: 'enter', url, seats: scene.talkerSeats, overMs: 1_000 });
    await allLevel(scene, 0);
    await onlyNodes(cluster, ['s1', 's2', 's3']);
    for (const [i, crowd] of storm.entries()) {
      await crowd.obey({ order: 'enter', url, seats: stormSeats[i] ?? [], overMs: enterMs });
    }
    await allLevel(scene, clients);
    await scene.talkers.obey({ order: 'talk', perSecond });

    const share = await strike(scene, 's1 with its share of them');
    await allOn(scene, 's1');
    const all = await strike(scene, 's1 with all of them');
    await allOn(scene, 's1');
    for (const crowd of storm) await crowd.obey({ order: 'linger' });
    // What the death alone costs, before anybody is admitted.
    await strike(scene, 's1 with all of them, of whom nobody comes back for two seconds');

    await scene.talkers.obey({ order: 'hush' });
    await until(async () => (await scene.talkers.stand()).unanswered === 0, {
      what: 'every message is acknowledged',
      withinMs: 30_000,
    });
    const { stored, ...talkersFound } = await scene.talkers.judge({});
    const found = [talkersFound, ...(await Promise.all(storm.map((crowd) => crowd.judge(stored))))];
    const sum = (key: keyof typeof talkersFound) => found.reduce((total, each) => total + each[key], 0);
    const acked = countOf(stored);
    console.log(
      `${acked} messages acknowledged; lost ${sum('lost')}, doubled ${sum('duplicated')}, reordered ${sum('reordered')}, fetched because a push left them out ${sum('gapRepaired')}`,
    );
    expect(await storedIn(cluster.databaseUrl), 'messages in the database').toBe(acked);
    expect([sum('lost'), sum('duplicated'), sum('reordered')]).toEqual([0, 0, 0]);
    expect(all.cut).toBeGreaterThanOrEqual(clients);
    for (const each of [share, all]) {
      expect(each.fastest, 'sessions in a second, at two nodes').toBeLessThanOrEqual(2 * admittedMax);
      expect(each.untold, 'refusals that do not say when to come back').toBe(0);
      expect(each.during / each.before, 'p99 of the others, against before').toBeLessThanOrEqual(timesUsualMax);
    }
  });
});

/** Kills a node, and waits until everybody who was on it is back and has what they missed. */
async function strike(scene: Scene, what: string) {
  const { cluster, storm } = scene;
  const crowds = [scene.talkers, ...storm];
  const usualFrom = Date.now();
  for (const crowd of crowds) await crowd.obey({ order: 'begin' });
  await until(() => Date.now() >= usualFrom + usualMs, { what: 'some time', withinMs: usualMs * 2 });
  const parts = {
    node: cluster.nodes().flatMap(({ pid, id }) => (pid === undefined || id === 's1' ? [] : [pid])),
    postgres: [cluster.pid('postgres') ?? 0],
    redis: [cluster.pid('redis') ?? 0],
    haproxy: [cluster.pid('haproxy') ?? 0],
  };
  const cpuBefore = { ...cpuOf(parts), clients: await clientsMs(scene), machine: machineMs().busy };
  const killedAt = Date.now();
  await cluster.kill('s1', 'SIGKILL');
  await until(async () => (await levelOf(scene)) < clients, { what: 'clients hear that they are cut' });
  await allLevel(scene, clients);
  const cpuAfter = { ...cpuOf(parts), clients: await clientsMs(scene), machine: machineMs().busy };

  const heard = await scene.talkers.report();
  const reports = await Promise.all(storm.map((crowd) => crowd.report()));
  const recoveries = reports.flatMap(({ recoveries: some }) => some);
  const refusals = reports.flatMap(({ refusals: some }) => some);
  const told = refusals.filter((each) => each !== 'untold');
  const endedAt = Math.max(...recoveries.map(({ atMs, ms }) => atMs + ms));
  const cut = recoveries.length;
  const times = recoveries.map(({ ms }) => ms);
  const p99 = (of: readonly Timed[], from: number, to: number) =>
    percentile(
      of.flatMap(({ atMs, ms }) => (atMs >= from && atMs < to ? [ms] : [])),
      0.99,
    );
  const recoveredMs = endedAt - killedAt;
  const [before, during] = [
    [usualFrom, killedAt],
    [killedAt, endedAt],
  ].map(([from = 0, to = 0]) => p99(heard.deliveries, from, to)) as [number, number];
  const meanwhile = heard.deliveries.filter(({ atMs }) => atMs >= killedAt && atMs < endedAt);
  const isLate = ({ ms }: Timed): boolean => ms > timesUsualMax * before;
  const lateIn = (from: number, to: number): number =>
    meanwhile.filter((each) => isLate(each) && each.atMs - killedAt >= from && each.atMs - killedAt < to).length;
  const arrivals = reports.flatMap(({ arrivals: some }) => some);
  const fastest = perSecondMax(arrivals);
  const spans = Array.from({ length: Math.ceil(recoveredMs / spanMs) }, (_, i) => killedAt + i * spanMs);
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  console.log(
    [
      `kill -9 of ${what}: ${cut} cut, all back and repaired after ${seconds(recoveredMs)} s (each: p50 ${seconds(percentile(times, 0.5))} s, p99 ${seconds(percentile(times, 0.99))} s)`,
      `  sessions a second: at most ${fastest}; ${refusals.length} tries refused, ${told.length} of them told when to come back (p50 ${percentile(told, 0.5)} ms, at most ${Math.max(0, ...told)} ms)`,
      `  the others: p99 of delivery ${before.toFixed(0)} ms before, ${during.toFixed(0)} ms meanwhile (${(during / before).toFixed(1)}×); of acknowledgement ${p99(heard.acks, usualFrom, killedAt).toFixed(0)} and ${p99(heard.acks, killedAt, endedAt).toFixed(0)} ms; ${heard.recoveries.length} of them were cut`,
      `  later than ${timesUsualMax} times that: ${lateIn(0, 200)} in the first 0.2 s, ${lateIn(200, 1_000)} in the rest of the first second, ${lateIn(1_000, spanMs)} in the next, ${lateIn(spanMs, Number.POSITIVE_INFINITY)} after it, of ${meanwhile.length}`,
      `  each ${seconds(spanMs)} s: sessions ${spans.map((from) => arrivals.filter((at) => at >= from && at < from + spanMs).length).join(', ')}; p99 of delivery ${spans.map((from) => p99(heard.deliveries, from, from + spanMs).toFixed(0)).join(', ')} ms`,
      `  CPU: ${Object.entries(cpuAfter)
        .map(([name, ms]) => `${name} ${seconds(ms - cpuBefore[name as keyof typeof cpuBefore])} s`)
        .join(', ')}`,
      `  other failures: ${JSON.stringify(failuresOf(reports))}`,
    ].join('\n'),
  );
  return { cut, fastest, before, during, untold: refusals.length - told.length };
}

/** Starts a node again, and has the whole storm come to it. */
async function allOn(scene: Scene, node: string): Promise<void> {
  const { cluster, storm } = scene;
  await cluster.restart(node);
  await onlyNodes(cluster, [node]);
  for (const crowd of storm) await crowd.obey({ order: 'move', overMs: enterMs });
  await allLevel(scene, clients);
  await onlyNodes(cluster, ['s1', 's2', 's3']);
}

async function allLevel(scene: Scene, count: number): Promise<void> {
  const isLevel = async () => (await levelOf(scene)) === count && (await scene.talkers.stand()).level === talkers;
  await until(isLevel, { what: `${count} clients are level`, withinMs: 240_000 });
}

async function levelOf({ storm }: Scene): Promise<number> {
  const standings = await Promise.all(storm.map((crowd) => crowd.stand()));
  return standings.reduce((sum, { level }) => sum + level, 0);
}

async function clientsMs({ storm, talkers: others }: Scene): Promise<number> {
  const standings = await Promise.all([others, ...storm].map((crowd) => crowd.stand()));
  return standings.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

/** New sessions reach these only. */
async function onlyNodes({ admin }: Cluster, slots: readonly string[]): Promise<void> {
  const all = ['s1', 's2', 's3'];
  const state = (slot: string) => (slots.includes(slot) ? 'ready' : 'drain');
  await admin.ask(all.map((slot) => `set server sockets/${slot} state ${state(slot)}`).join('; '));
}

async function storedIn(databaseUrl: string): Promise<number> {
  const db = new pg.Client(databaseUrl);
  await db.connect();
  try {
    const { rows } = await db.query<{ count: number }>(
      `select count(distinct (conversation_no, split_part(body, '~', 2)))::int as count from messages where body like '~%'`,
    );
    return rows[0]?.count ?? 0;
  } finally {
    await db.end();
  }
}

const countOf = (stored: Stored): number =>
  Object.values(stored).reduce((sum, senders) => sum + Object.values(senders).reduce((a, b) => a + b, 0), 0);

function failuresOf(reports: readonly Report[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const [reason, count] of reports.flatMap(({ failures }) => Object.entries(failures))) {
    all[reason] = (all[reason] ?? 0) + count;
  }
  return all;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0;
}
