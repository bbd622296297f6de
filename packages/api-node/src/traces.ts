import type { Caller } from '@parley/core';
import { type OpenSpan, parseTraceparent, type TraceContext, type Tracing } from '@parley/node-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const spans = new WeakMap<FastifyRequest, OpenSpan>();

/** Where spans of what a request causes hang; absent where it is not traced. */
export const traceOf = (request: FastifyRequest): TraceContext | undefined => spans.get(request)?.context;

/** A span for each request, under that of its client where it says so. By route, never by URL: those carry tokens. */
export function traceRequests(
  app: FastifyInstance,
  tracing: Tracing | undefined,
  callerOnceProven: (request: FastifyRequest) => Caller | undefined,
): void {
  if (!tracing) return;
  const idsOf = (request: FastifyRequest) => {
    const { space, userId } = callerOnceProven(request) ?? {};
    return { 'parley.space': space, 'parley.user_id': userId };
  };
  app.addHook('onRequest', async (request) => {
    const route = routeOf(request);
    const ids = { 'http.request.method': request.method, 'http.route': route };
    const parent = parseTraceparent(request.headers['traceparent']);
    spans.set(request, tracing.begin(`${request.method} ${route}`, { kind: 'server', parent, ids }));
  });
  app.addHook('onResponse', async (request, reply) => {
    const { statusCode } = reply;
    const ids = { 'http.response.status_code': statusCode, ...idsOf(request) };
    spans.get(request)?.end({ ids, error: statusCode >= 500 ? String(statusCode) : undefined });
  });
  app.addHook('onRequestAbort', async (request) => {
    spans.get(request)?.end({ ids: idsOf(request), error: 'aborted' });
  });
}

const routeOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? 'none';
