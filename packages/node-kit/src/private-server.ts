import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { Gauge, type Registry } from 'prom-client';

export type Readiness = 'ready' | 'draining' | 'broken';

/** What HAProxy reads: 404 takes the server out but keeps its running sessions (`disable-on-404`), 503 calls it down. */
const readinessStatus = { ready: 200, draining: 404, broken: 503 } as const satisfies Record<Readiness, number>;

type Options = {
  host: string;
  port: number;
  registry: Registry;
  ready: () => Readiness;
  /** Starts the drain and returns; called again while it runs it does nothing more. */
  onDrain: () => void;
};

export type PrivateServer = { port: number; close(): Promise<void> };

/** What operators and HAProxy ask a node, on a port that nobody else reaches. */
export async function startPrivateServer(options: Options): Promise<PrivateServer> {
  measureReadiness(options.registry, options.ready);
  const server = createServer(answer(options));
  server.listen(options.port, options.host);
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

function answer({ registry, ready, onDrain }: Options): RequestListener {
  const routes: Record<string, () => { status: number; text: string | Promise<string>; type?: string }> = {
    'GET /livez': () => ({ status: 200, text: 'live' }),
    'GET /readyz': () => ({ status: readinessStatus[ready()], text: ready() }),
    'GET /metrics': () => ({ status: 200, text: registry.metrics(), type: registry.contentType }),
    'POST /drain': () => {
      onDrain();
      return { status: 202, text: 'draining' };
    },
  };
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const { status, text, type } = routes[`${method} ${path}`]?.() ?? { status: 404, text: 'not found' };
    request.resume();
    Promise.resolve(text).then(
      (body) => response.writeHead(status, { 'content-type': type ?? 'text/plain' }).end(body),
      () => response.writeHead(500).end('metrics cannot be read'),
    );
  };
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
