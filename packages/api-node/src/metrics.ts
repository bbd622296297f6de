import { Counter, Histogram, type Registry } from '@parley/node-kit';
import type { FastifyInstance } from 'fastify';

/** Rate, errors and duration of every route. Labels are routes, never URLs: those have ids in them. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const { duration, aborted } = requestMetrics(registry);
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  app.addHook('onRequestAbort', async (request) => aborted.inc({ route: request.routeOptions.url ?? 'none' }));
}

export function requestMetrics(registry: Registry) {
  const duration = new Histogram({
    name: 'parley_http_request_duration_seconds',
    help: 'From the request to the end of its answer, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const aborted = new Counter({
    name: 'parley_http_requests_aborted_total',
    help: 'Requests whose client left before the answer.',
    labelNames: ['route'],
    registers: [registry],
  });
  return { duration, aborted };
}

export type FileMetrics = ReturnType<typeof measureFiles>;

/** What came in, and what became of it. */
export function measureFiles(registry: Registry) {
  return {
    uploads: new Counter({
      name: 'parley_uploads_total',
      help: 'Uploads by outcome: `kept`, or the code of the refusal.',
      labelNames: ['outcome'],
      registers: [registry],
    }),
    uploadedBytes: new Counter({
      name: 'parley_uploaded_bytes_total',
      help: 'Bytes of the files that were kept.',
      registers: [registry],
    }),
  };
}
