import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import { isLogLevel, logLevels } from './config.ts';

export type Readiness = 'ready' | 'draining' | 'broken';

/** What HAProxy reads: 404 takes the server out but keeps its running sessions (`disable-on-404`), 503 calls it down. */
const readinessStatus = { ready: 200, draining: 404, broken: 503 } as const satisfies Record<Readiness, number>;

type Options = {
  host: string;
  port: number;
  registry: Registry;
  /** The page of /metrics, in the text format; that of the registry by default. */
  metrics?: () => Promise<string>;
  /** Whose level `PUT /log-level` changes. */
  log: Pick<Logger, 'level' | 'warn' | 'isLevelEnabled'>;
  ready: () => Readiness;
  /** Starts the drain and returns. @param overMs how long clients have to move; the node's own time by default */
  onDrain: (overMs: number | undefined) => void;
  /** What a node does besides, such as `POST /shed`: starts it, and answers 202 with these words. */
  orders?: Readonly<Record<string, (number: Numbers) => string | Promise<string>>>;
};

/** A number of the query. @throws Misasked when it is none, or out of its bounds */
export type Numbers = (name: string, bounds: { min: number; max: number }) => number;

class Misasked extends Error {}

type Answer = { status: number; text: string; type?: string };

/** As long as a drain may take: with one day, clients leave as they come and go. */
const drainMsMax = 86_400_000;

export type PrivateServer = { port: number; close(): Promise<void> };

/** What operators and HAProxy ask a node, on a port that nobody else reaches. */
export async function startPrivateServer(options: Options): Promise<PrivateServer> {
  measureReadiness(options.registry, options.ready);
  const server = createServer(answer(options));
  // `exclusive`: workers of one node would share a port otherwise, and each answer for another.
  server.listen({ port: options.port, host: options.host, exclusive: true });
  await once(server, 'listening');
  return { port: portOf(server), close: () => close(server) };
}

/** What /readyz says, for whoever only scrapes. */
export function measureReadiness(registry: Registry, ready: () => Readiness): void {
  const gauge = new Gauge({
    name: 'parley_readiness',
    help: '1 for the word that /readyz answers now, 0 for the others.',
    labelNames: ['state'],
    registers: [],
    collect() {
      for (const state of Object.keys(readinessStatus)) this.set({ state }, state === ready() ? 1 : 0);
    },
  });
  registry.registerMetric(gauge);
}

function answer(options: Options): RequestListener {
  const { registry, log, ready, onDrain, metrics = () => registry.metrics(), orders = {} } = options;
  const routes: Record<string, (query: URLSearchParams, request: IncomingMessage) => Answer | Promise<Answer>> = {
    'GET /livez': () => ({ status: 200, text: 'live' }),
    'GET /readyz': () => ({ status: readinessStatus[ready()], text: ready() }),
    'GET /metrics': async () => ({ status: 200, text: await metrics(), type: registry.contentType }),
    'GET /log-level': () => ({ status: 200, text: log.level }),
    'PUT /log-level': (_query, request) => setLogLevel(log, request),
    'POST /drain': (query) => {
      onDrain(query.has('overMs') ? numbersOf(query)('overMs', { min: 0, max: drainMsMax }) : undefined);
      return { status: 202, text: 'draining' };
    },
  };
  for (const [route, obey] of Object.entries(orders)) {
    routes[route] = async (query) => ({ status: 202, text: await obey(numbersOf(query)) });
  }
  return (request, response) => {
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = routes[`${method} ${path}`] ?? notFound;
    const answering = async () => {
      const { status, text, type = 'text/plain' } = await orMisasked(() => route(new URLSearchParams(query), request));
      request.resume();
      response.writeHead(status, { 'content-type': type }).end(text);
    };
    answering().catch(() => response.writeHead(500).end('this cannot be answered'));
  };
}

const notFound = (): Answer => ({ status: 404, text: 'not found' });

async function orMisasked(route: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await route();
  } catch (error) {
    if (error instanceof Misasked) return { status: 400, text: error.message };
    throw error;
  }
}

function numbersOf(query: URLSearchParams): Numbers {
  return (name, { min, max }) => {
    const text = query.get(name) ?? '';
    const number = Number(text);
    if (text !== '' && number >= min && number <= max) return number;
    throw new Misasked(`${name} has to be a number from ${min} to ${max}, and not "${text}"`);
  };
}

/** Until this process ends: the next one starts with `PARLEY_LOG_LEVEL` again. */
async function setLogLevel(log: Options['log'], request: IncomingMessage): Promise<Answer> {
  const level = (await textOf(request)).trim();
  if (!isLogLevel(level)) return { status: 400, text: `the body has to be one of ${logLevels.join(', ')}` };
  const from = log.level;
  const say = () => log.warn({ from, to: level }, 'the log level was changed');
  // Before the change where that is loud enough: a log that falls silent says why.
  const loud = log.isLevelEnabled('warn');
  if (loud) say();
  log.level = level;
  if (!loud) say();
  return { status: 200, text: level };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the private server has no port');
  return address.port;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
