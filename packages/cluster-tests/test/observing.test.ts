import { allMetrics, type ClusterNode, type Metric, ourMetrics } from '@parley/cluster';
import { next, until } from '@parley/testkit';
import { io } from 'socket.io-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createRun, type Run, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();

/** What each node shows: types by metric, and the labels that its samples have. */
type Page = { node: ClusterNode; types: Map<string, string>; labels: Map<string, Set<string>> };

let pages: Page[];

beforeAll(async () => {
  await cluster.whole();
  pages = await Promise.all((await cluster.nodes()).map(readPage));
});

async function readPage(node: ClusterNode): Promise<Page> {
  const page: Page = { node, types: new Map(), labels: new Map() };
  for (const line of (await textOf(node)).split('\n')) {
    const [, metric = '', type = ''] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
    if (metric) page.types.set(metric, type);
    const [, series, labels = ''] = /^(\w+)\{(.*)\} /.exec(line) ?? [];
    if (series) page.labels.set(series, new Set([...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)));
  }
  return page;
}

async function textOf({ privatePort }: ClusterNode): Promise<string> {
  return (await fetch(`http://127.0.0.1:${privatePort}/metrics`)).text();
}

describe('the table of metrics', () => {
  it('is what the nodes of a running cluster show: all of it, and nothing else', () => {
    for (const { node, types } of pages) {
      const promised = allMetrics().filter(({ on }) => on.includes(node.kind));
      expect(types, node.id).toEqual(new Map(promised.map(({ name, type }) => [name, type])));
    }
  });

  it('has every label that a node shows', () => {
    const known = new Map(ourMetrics().map(({ name, labels }) => [name, labels]));
    for (const { labels } of pages) {
      for (const [series, shown] of labels) {
        const promised = known.get(series.replace(/_(?:bucket|sum|count)$/, '')) ?? known.get(series);
        if (promised) expect([...promised, 'le']).toEqual(expect.arrayContaining([...shown]));
      }
    }
  });
});

describe('what clients of other products do', () => {
  it('is counted by dialect, event and outcome, and as the command that it stands for; a name that a client made up is no label', async () => {
    const token = cluster.token('meter', { space: 'tutor-go' });
    const socket = io(cluster.urls['tutor-go'] ?? '', { auth: { token }, transports: ['websocket'], forceNew: true });
    onTestFinished(() => void socket.disconnect());
    await next(socket, 'connected');
    await socket.emitWithAck('made-up-by-a-client', {});
    const sendsBefore = await sendsCounted();
    expect(await socket.emitWithAck('send-message', { receiverId: 'nobody', message: 'hello' })).toMatchObject({
      ok: false,
    });
    const shown = (await Promise.all((await cluster.nodes()).map(textOf))).join('\n');
    expect(shown).toMatch(
      /^parley_dialect_event_duration_seconds_count\{.*dialect="tutor-go",event="send-message",outcome="[a-z_]+"\} [1-9]/m,
    );
    expect(shown).toMatch(/^parley_dialect_unknown_events_total\{dialect="tutor-go"\} [1-9]/m);
    expect(shown).toMatch(/^parley_connections\{transport="websocket",dialect="tutor-go"\} [1-9]/m);
    expect(shown).not.toContain('made-up-by-a-client');
    // The promises of sends are counted by commands: a send of every product is in them, once.
    expect((await sendsCounted()) - sendsBefore).toBe(1);
  });
});

async function sendsCounted(): Promise<number> {
  const text = (await Promise.all((await cluster.nodes()).map(textOf))).join('\n');
  const counts = text.matchAll(/^parley_command_duration_seconds_count\{command="message.send",.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('the hops of a message', () => {
  it('are timed for one in a hundred, from its frame on one node to the sockets of another', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'ben');
    const conversationId = await run.direct('ada', 'ben');
    const [ada, ben] = [
      await cluster.withNewSessionsOn(['s1'], () => readySdk(run, 'ada')),
      await cluster.withNewSessionsOn(['s2'], () => readySdk(run, 'ben')),
    ];
    await Promise.all(Array.from({ length: 100 }, (_, i) => ada.send({ conversationId, body: `${i}` })));
    await until(() => ben.conversation(conversationId)?.messages.length === 100, { what: 'ben has all of them' });
    const [s1 = '', s2 = ''] = await Promise.all(
      (await cluster.nodes()).filter(({ id }) => id === 's1' || id === 's2').map(textOf),
    );
    const timed = (page: string): string[] =>
      [...page.matchAll(/^parley_fanout_hop_seconds_count\{hop="(\w+)"\} [1-9]/gm)].map(([, hop = '']) => hop);
    expect(timed(s1)).toEqual(expect.arrayContaining(['admit', 'queue', 'commit', 'publish', 'own']));
    expect(timed(s2)).toEqual(expect.arrayContaining(['travel', 'write']));
  });
});

async function readySdk(run: Run, name: string) {
  const sdk = run.sdk(name);
  await sdk.caughtUp();
  return sdk;
}

describe('the names of our metrics', () => {
  const unitOf = ({ name }: Metric): string => name.split('_').at(-1) ?? '';
  const named = (type: string): Metric[] => ourMetrics().filter((metric) => metric.type === type);

  it('follow the conventions: `_total` is what counters end with, and nothing else does', () => {
    expect(named('counter').filter((metric) => unitOf(metric) !== 'total')).toEqual([]);
    expect(ourMetrics().filter((metric) => metric.type !== 'counter' && unitOf(metric) === 'total')).toEqual([]);
    expect(named('summary')).toEqual([]);
  });

  it('say their unit, and it is a base unit', () => {
    expect([...new Set(named('histogram').map(unitOf))].toSorted()).toEqual(['rows', 'seconds']);
    expect(ourMetrics().filter(({ name }) => /_(?:ms|milliseconds|kb|mb|percent|minutes)(?:_|$)/.test(name))).toEqual(
      [],
    );
  });

  it('carry no label that grows with people, conversations or connections', () => {
    const labels = new Set(ourMetrics().flatMap((metric) => metric.labels));
    const growing =
      /user|member|people|conversation|room|message|session|socket|address|token|url|path|(?:^|_)(?:id|ip)$/i;
    expect([...labels].filter((label) => growing.test(label))).toEqual([]);
    expect([...labels].filter((label) => !/^[a-z_]+$/.test(label))).toEqual([]);
  });
});
