import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRun, type PlainClient, type Run, sharedCluster, type SharedClusterView } from '../src/index.ts';

const forMs = Number(process.env['PARLEY_CHURN_MS'] ?? 120_000);
const everyMs = 40;
const holdMs = 3_000;
const calmMs = 3_000;
const names = ['ada', 'bob', 'cy', 'dee', 'eli', 'fay', 'gil', 'hal', 'ida'];

/** What goes wrong meanwhile, one after the other. */
const faults: Record<string, (cluster: SharedClusterView) => Promise<unknown>> = {
  'Redis killed, and started again empty': async (cluster) => {
    await cluster.kill('redis');
    await pause(holdMs);
    await cluster.restart('redis');
  },
  'Redis frozen': async (cluster) => {
    await cluster.freeze('redis');
    await pause(holdMs);
    await cluster.thaw('redis');
  },
  'subscribers cut': (cluster) => cluster.cutSubscribers(),
  'a node stalls': async (cluster) => {
    await cluster.freeze('s2');
    await pause(holdMs);
    await cluster.thaw('s2');
  },
};

describe('groups that are made, and members that come and go, while Redis fails', () => {
  it(`for ${forMs / 1_000} s: everybody hears their interval, also who ignores seq`, async () => {
    const cluster = sharedCluster();
    await cluster.whole();
    const run = createRun(cluster);
    await run.users(...names);
    const plains = names.map((name) => run.plain(name));
    const sdks = names.map((name) => run.sdk(name));
    await Promise.all([...plains.map((client) => run.ready(client)), ...sdks.map((client) => client.caughtUp())]);

    const ending = new AbortController();
    const churning = churn(run, plains, ending.signal);
    const startedAt = performance.now();
    const lines: string[] = [];
    for (let i = 0; performance.now() < startedAt + forMs; i += 1) {
      const [name, inflict] = Object.entries(faults)[i % Object.keys(faults).length] ?? [];
      await inflict?.(cluster);
      lines.push(`${Math.round(performance.now() - startedAt)} ms: ${name}`);
      await pause(calmMs);
    }
    ending.abort();
    const done = await churning;
    const { violations, convergedMs } = await run.verdict({ withinMs: 20_000 });
    console.log([...lines, ...done, `converged ${Math.round(convergedMs)} ms after the last command`].join('\n'));
    expect(violations).toEqual([]);
  });
});

type Group = { id: string; owner: PlainClient; inside: PlainClient[]; outside: PlainClient[] };

/** Makes groups, lets people in and takes them out once, and lets everybody who is in talk. */
async function churn(run: Run, clients: readonly PlainClient[], signal: AbortSignal): Promise<string[]> {
  const groups: Group[] = [];
  const counts = new Map<string, number>();
  const under = new Set<Promise<unknown>>();
  const any = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)];
  const act: Record<string, () => Promise<unknown> | undefined> = {
    async make() {
      const [owner, second, ...outside] = clients.toSorted(() => Math.random() - 0.5);
      if (!owner || !second) return;
      const answer = await owner.call('conversation.create', { title: 'A group', memberIds: [second.userId] });
      if (!answer.ok) return;
      const id = run.follow(answer.conversation.id);
      groups.push({ id, owner, inside: [owner, second], outside });
      await Promise.all([owner.send(id, `first of ${id}`), owner.send(id, `second of ${id}`)]);
    },
    async add() {
      const group = any(groups.slice(-10));
      const newcomer = group?.outside.pop();
      if (!group || !newcomer) return;
      const answer = await group.owner.call('member.add', { conversationId: group.id, userIds: [newcomer.userId] });
      if (answer.ok) group.inside.push(newcomer);
    },
    async remove() {
      const group = any(groups.slice(-10));
      const leaving = group?.inside[1];
      if (!group || !leaving || group.inside.length < 3) return;
      group.inside.splice(1, 1);
      await group.owner.call('member.remove', { conversationId: group.id, userId: leaving.userId });
    },
    say() {
      const group = any(groups.slice(-10));
      return group && any(group.inside)?.send(group.id, crypto.randomUUID());
    },
  };
  const odds = ['make', 'add', 'add', 'remove', 'say', 'say', 'say', 'say', 'say', 'say', 'say', 'say'];
  while (!signal.aborted) {
    const what = any(odds) ?? 'say';
    const job = Promise.resolve(act[what]?.())
      .catch(() => counts.set('unanswered', (counts.get('unanswered') ?? 0) + 1))
      .finally(() => under.delete(job));
    under.add(job);
    counts.set(what, (counts.get(what) ?? 0) + 1);
    await pause(everyMs);
  }
  await Promise.all(under);
  return [...counts].map(([what, count]) => `${count} × ${what}`);
}
