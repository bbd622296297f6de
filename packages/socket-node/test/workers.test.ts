import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createLogger, createMetrics, loadSpaces, mintToken, type Space } from '@parley/node-kit';
import type { Payload } from '@parley/protocol';
import { createStore } from '@parley/store-postgres';
import {
  freePort,
  next,
  type ReceivedSpan,
  silence,
  startOtlpReceiver,
  type TestDatabase,
  testDatabase,
  testRedisUrl,
  until,
} from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergePages, sumOf } from '../src/workers/pages.ts';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const spacesFile = fileURLToPath(new URL('../../../infra/spaces.json', import.meta.url));
const workers = 2;

let database: TestDatabase;
let node: ChildProcess;
let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
let said = '';
let url: string;
let privateUrl: string;
let space: Space;
const sockets: Socket[] = [];

beforeAll(async () => {
  space = loadSpaces(spacesFile, {}).get('main') ?? expect.fail();
  database = await testDatabase(async (databaseUrl) => {
    const log = createLogger({ nodeId: 'n', slot: 's1', logLevel: 'silent' });
    const store = createStore({ databaseUrl, registry: createMetrics().registry, log });
    await store.migrate();
    await store.close();
  });
  receiver = await startOtlpReceiver();
  const [port, privatePort] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${port}`;
  privateUrl = `http://127.0.0.1:${privatePort}`;
  node = spawn(process.execPath, [program], {
    env: {
      WORKERS: String(workers),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=of%20ours',
      PARLEY_NODE_ID: 's7-test',
      PARLEY_PORT: String(port),
      PARLEY_PRIVATE_PORT: String(privatePort),
      PARLEY_SPACES: spacesFile,
      PARLEY_DRAIN_MS: '1000',
      PARLEY_DRIAN_MS: '2000',
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  node.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await whole();
});
afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  if (node.exitCode === null) {
    const ended = once(node, 'exit');
    node.kill('SIGKILL');
    await ended;
  }
  await receiver.close();
  await database.close();
});

/** @property id of the session that began: a socket that has lost it has another */
type Live = { socket: Socket; id: string; worker: string; userId: string };

/** As any client does it: again and again while the node has too many others to open. */
async function enter(userId: string, transport: 'polling' | 'websocket'): Promise<Live> {
  const socket = io(url, {
    forceNew: true,
    transports: [transport],
    reconnectionDelay: 50,
    reconnectionDelayMax: 500,
    auth: { token: mintToken(space, { userId, role: 'user' }), migrates: true },
    extraHeaders: { 'x-parley-space': 'main' },
  });
  sockets.push(socket);
  const { nodeId } = await next<Payload<'session.ready'>>(socket, 'session.ready', { withinMs: 30_000 });
  return { socket, id: socket.id ?? expect.fail(), worker: workerOf(nodeId), userId };
}

const workerOf = (nodeId: string): string => /^s7-test-w(\d)-\w{6}$/.exec(nodeId)?.[1] ?? expect.fail(nodeId);
const page = async () => (await fetch(`${privateUrl}/metrics`)).text();
const statusOf = async (path: string) => (await fetch(`${privateUrl}${path}`)).status;

/** Every worker takes connections, and is ready by its own words. */
const whole = () =>
  until(async () => (await page()).match(/parley_readiness\{worker="\d",state="ready"\} 1/g)?.length === workers, {
    // Three processes start, on a machine where every core may be busy with other things.
    withinMs: 55_000,
    what: 'all workers serve',
  });

function pidOf(worker: string): number {
  const lives = [...said.matchAll(/"worker":(\d),"pid":(\d+),"msg":"a worker takes connections"/g)];
  return Number(lives.findLast(([, index]) => index === worker)?.[2] ?? expect.fail(`no life of worker ${worker}`));
}

describe('a node of two workers', { timeout: 60_000 }, () => {
  it('says once, and not in every worker, which of its variables nothing reads', () => {
    expect(said.match(/PARLEY_DRIAN_MS is read by nothing: is PARLEY_DRAIN_MS meant\?/g)).toHaveLength(1);
  });

  it('spreads sessions of both transports over the workers, and what one says reaches the others', async () => {
    const lives: Live[] = [];
    for (let i = 0; i < 4; i += 1) lives.push(await enter(`spread${i}`, i < 2 ? 'polling' : 'websocket'));
    expect(lives.slice(0, 2).map(({ worker }) => worker)).toSatisfy((seen: string[]) => new Set(seen).size === 2);
    expect(new Set(lives.slice(2).map(({ worker }) => worker)).size).toBe(2);
    const [from, ...others] = lives;
    // More than one TCP segment, and characters of several bytes: a polled body passes the primary in chunks.
    const body = 'ß→🂡 '.repeat(1_500);
    for (const { socket, userId } of others) {
      const heard = next<Payload<'message.created'>>(socket, 'message.created', { withinMs: 20_000 });
      await from?.socket.emitWithAck('message.send', {
        peerId: userId,
        clientId: crypto.randomUUID(),
        body,
        kind: 'text',
      });
      expect((await heard).body).toBe(body);
    }
    for (const { socket } of lives) socket.disconnect();
  });

  it('traces a send from its frame to the store, to Redis and to the sockets of both workers', async () => {
    const traces = () => {
      const spans = receiver.spans();
      return Object.values(Object.groupBy(spans, ({ traceId }) => traceId)).flatMap((all) => (all ? [all] : []));
    };
    const isTold = (all: ReceivedSpan[], by: string) => {
      const parent = all.find(({ name }) => name === by)?.spanId ?? 'none';
      return all.some(({ name, parentSpanId }) => name === 'tell' && parentSpanId === parent);
    };
    // At the sender's own worker behind its send, at the other behind what was published.
    const trace = await until(() => traces().find((all) => isTold(all, 'message.send') && isTold(all, 'publish')), {
      what: 'the spans of a send on both workers',
      withinMs: 20_000,
    });
    const one = (name: string) => trace.find((span) => span.name === name) ?? expect.fail(name);
    const [send, store, publish] = [one('message.send'), one('store'), one('publish')];
    expect(send).toMatchObject({ parentSpanId: '', service: 'parley-socket' });
    expect(send.ids).toMatchObject({ 'parley.space': 'main', 'parley.user_id': 'spread0' });
    expect([store, publish].map(({ parentSpanId }) => parentSpanId)).toEqual([send.spanId, send.spanId]);
    expect(receiver.headers()).toMatchObject({ 'x-tenant': 'of ours' });
    expect(receiver.said()).not.toMatch(/🂡|eyJ|203\.0\.113/u);
  });

  it('keeps forty polling sessions where they began', async () => {
    const lives = await Promise.all(Array.from({ length: 40 }, (_, i) => enter(`poll${i}`, 'polling')));
    const answers = await Promise.all(lives.map(({ socket }) => socket.emitWithAck('conversation.list', { limit: 1 })));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(40);
    expect(lives.filter(({ socket, id }) => socket.id === id)).toHaveLength(40);
    expect(sumOf(await page(), 'parley_connections')).toBe(40);
    const on = Object.groupBy(lives, ({ worker }) => worker);
    expect(Math.abs((on['1']?.length ?? 0) - (on['2']?.length ?? 0))).toBeLessThan(20);
    for (const { socket } of lives) socket.disconnect();
  });

  it('loses only the connections of a worker that dies, starts it again, and nobody is seen offline', async () => {
    const lives = [await enter('ada', 'websocket'), await enter('bob', 'websocket')];
    // The sessions that just ended are not counted out at once: the next ones may all be given to one worker.
    const isShared = () => new Set(lives.map(({ worker }) => worker)).size === 2;
    while (!isShared() && lives.length < 60) lives.push(await enter(`more${lives.length}`, 'websocket'));
    const victim = lives[0]?.worker ?? '';
    const lost = lives.filter(({ worker }) => worker === victim);
    const kept = lives.filter(({ worker }) => worker !== victim);
    const watcher = kept[0] ?? expect.fail('everybody is on one worker');
    await watcher.socket.emitWithAck('conversation.open', { peerId: 'ada' });
    await watcher.socket.emitWithAck('presence.watch', { userIds: ['ada'] });
    const offline = silence(watcher.socket, 'presence.changed', {
      forMs: 800,
      where: (value) => JSON.stringify(value).includes('offline'),
    });
    const undisturbed = kept.map(({ socket }) => silence(socket, 'disconnect', { forMs: 800 }));
    const back = lost.map(({ socket }) => next(socket, 'session.ready', { withinMs: 30_000 }));
    process.kill(pidOf(victim), 'SIGKILL');
    await Promise.all([...undisturbed, ...back, offline]);
    await whole();
    expect(await statusOf('/readyz')).toBe(200);
  });

  it('answers for all of them on its private port, each sample with its worker', async () => {
    const text = await page();
    expect(text.match(/^# TYPE parley_connections /gm)).toHaveLength(1);
    const labels = new Set([...text.matchAll(/worker="(\w+)"/g)].map(([, worker]) => worker));
    expect(labels).toEqual(new Set(['1', '2', 'primary']));
    await fetch(`${privateUrl}/log-level`, { method: 'PUT', body: 'debug' });
    const before = said.length;
    const { socket } = await enter('loud', 'websocket');
    await socket.emitWithAck('conversation.list', { limit: 1 });
    await until(() => said.slice(before).includes('conversation.list'), {
      what: 'a worker speaks at the new level',
      withinMs: 20_000,
    });
    const connected = sumOf(await page(), 'parley_connections');
    const shed = await fetch(`${privateUrl}/shed?count=100&perSecond=1000`, { method: 'POST' });
    expect(Number(await shed.text())).toBe(connected);
  });

  it('drains all workers within the time, while polling sessions stay, and exits with 0', async () => {
    const { socket } = await enter('last', 'polling');
    const migrate = next(socket, 'server.migrate', { withinMs: 20_000 });
    const exit = once(node, 'exit');
    const drain = await fetch(`${privateUrl}/drain?overMs=1000`, { method: 'POST' });
    expect(drain.status).toBe(202);
    expect(await statusOf('/readyz')).toBe(404);
    await migrate;
    expect((await socket.emitWithAck('conversation.list', { limit: 1 })).ok).toBe(true);
    expect(await exit).toEqual([0, null]);
    expect(said).not.toContain('"level":60');
  });
});

describe('the metrics of several processes', () => {
  it('stand together by name, each sample with the label of its process', () => {
    const text = (value: number) =>
      `# HELP a_total As.\n# TYPE a_total counter\na_total ${value}\n\n# HELP b Bs.\n# TYPE b gauge\nb{x="1"} ${value}\n`;
    expect(
      mergePages([
        { worker: '1', text: text(3) },
        { worker: '2', text: text(4) },
      ]),
    ).toBe(
      '# HELP a_total As.\n# TYPE a_total counter\na_total{worker="1"} 3\na_total{worker="2"} 4\n\n' +
        '# HELP b Bs.\n# TYPE b gauge\nb{worker="1",x="1"} 3\nb{worker="2",x="1"} 4\n',
    );
    expect(sumOf('b{worker="1",x="1"} 3\nb{worker="2",x="1"} 4\nbc 9\n', 'b')).toBe(7);
  });
});
