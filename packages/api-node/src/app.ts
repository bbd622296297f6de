import type { FileParts, Parts } from '@parley/core';
import { Refused } from '@parley/dialects';
import type { Config, Doors, FileLinks, Logger, Registry, Tracing } from '@parley/node-kit';
import { limits } from '@parley/protocol';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOnceProven } from './caller.ts';
import { entered, guardEntrance } from './entrance.ts';
import type { GuestParts } from './guests.ts';
import { takeJsonOnly } from './json-body.ts';
import { measureFiles, measureRequests } from './metrics.ts';
import { createReading } from './reading.ts';
import { failureOf, refused, sendRefusal } from './refusals.ts';
import { accountRoutes } from './routes/accounts.ts';
import { commandRoutes } from './routes/commands.ts';
import { contractOf, dialectRoutes, tellDialectsApart } from './routes/dialects.ts';
import { docsRoutes } from './routes/docs.ts';
import { downloadRoutes } from './routes/downloads.ts';
import { tryOutRoutes } from './routes/try-out.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { endSlowRequests } from './slow-requests.ts';
import { traceRequests } from './traces.ts';

export type AppParts = {
  doors: Doors;
  parts: Parts;
  guests: GuestParts;
  filing: FileParts;
  links: FileLinks;
  registry: Registry;
  tracing?: Tracing | undefined;
  log: Logger;
  config: Pick<Config, 'tryOut' | 'production'>;
};

/** From the first byte of a request to its last: a client that dribbles is cut. Uploads have `uploadTimeoutMs`. */
const requestTimeoutMs = 15_000;
/** Longer than the load balancer keeps idle connections (`timeout http-keep-alive`), so that it closes first. */
const keepAliveTimeoutMs = 75_000;
/** How often the connections are ended that have nothing more to answer, while the node closes. */
const endIdleEveryMs = 100;
/** A path parameter in its percent-encoded form: a user id of four-byte characters takes twelve for each. */
const pathParameterCharsMax = limits.userIdCharsMax * 12;

/** The HTTP edge of the same use-cases that sockets reach. It listens to nothing. */
export async function createApp(made: AppParts): Promise<FastifyInstance> {
  const { doors, parts, guests, registry, log, config } = made;
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    sendRefusal(reply, error, contractOf(request, doors));
  const app = Fastify({
    bodyLimit: limits.frameBytesMax,
    requestTimeout: limits.uploadTimeoutMs,
    http: { headersTimeout: requestTimeoutMs },
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: pathParameterCharsMax },
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
  });
  tellDialectsApart(app, doors);
  takeJsonOnly(app);
  endSlowRequests(app, requestTimeoutMs);
  endConnectionsOnClose(app);
  measureRequests(app, registry);
  traceRequests(app, made.tracing, callerOnceProven);
  const note = (error: unknown, request: FastifyRequest) => {
    const isExpected = error instanceof Refused || (failureOf(error)?.code ?? 'internal') !== 'internal';
    if (!isExpected) log.error({ err: error, ...idsOf(request) }, 'a request failed');
  };
  app.setErrorHandler((error, request, reply) => {
    note(error, request);
    return refuse(error, request, reply);
  });
  app.setNotFoundHandler((request, reply) => refuse(refused('unknown_command'), request, reply));
  await guardEntrance(app, doors);
  // Who opens a space in a browser, or with curl, sees where to go on.
  app.get('/', async (request) => ({
    name: 'Parley',
    space: entered(request, doors).space.name,
    docs: '/docs',
    events: '/docs/events',
    health: '/health',
  }));
  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(docsRoutes, { doors });
  const reading = createReading(doors);
  reading.chargeIn(app);
  await app.register(dialectRoutes, { doors, parts, guests, reading });
  await app.register(accountRoutes, { doors, guests });
  if (config.tryOut) await app.register(tryOutRoutes, { doors, tokens: !config.production });
  await app.register(downloadRoutes, made);
  await app.register(uploadRoutes, { ...made, users: parts.users, metrics: measureFiles(registry) });
  await app.register(commandRoutes, { doors, parts, reading });
  return app;
}

/** What the log names of a request: never its query or its body. */
function idsOf(request: FastifyRequest) {
  const { method, id, params, routeOptions } = request;
  const { space, userId } = callerOnceProven(request) ?? {};
  const conversationId =
    typeof params === 'object' && params !== null && 'conversationId' in params ? params.conversationId : undefined;
  return { method, route: routeOptions.url, id, space, userId, conversationId };
}

/** Whoever is answered while the node closes must not keep the connection: it would hold the process for its idle time. */
function endConnectionsOnClose(app: FastifyInstance): void {
  let closing = false;
  let ending: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    closing = true;
    // Fastify ends idle connections once: those that were still being answered then are idle a moment later.
    ending = setInterval(() => app.server.closeIdleConnections(), endIdleEveryMs);
  });
  app.addHook('onClose', async () => clearInterval(ending));
  app.addHook('onSend', async (_request, reply) => {
    if (closing) void reply.header('connection', 'close');
  });
}
