import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a body may take as long as the server waits for any. */
    slow?: boolean;
  }
}

/** As Node says it itself when a request takes too long. */
const answer = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** Ends a request whose body is not here in time. Node has one time for all, which uploads need longer. */
export function endSlowRequests(app: FastifyInstance, withinMs: number): void {
  app.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    if (routeOptions.config.slow || (raw.headers['content-length'] ?? raw.headers['transfer-encoding']) === undefined)
      return;
    const timer = setTimeout(() => {
      if (!raw.complete) raw.socket.end(answer, () => raw.destroy());
    }, withinMs);
    const settle = () => clearTimeout(timer);
    raw.once('end', settle);
    raw.once('close', settle);
    // Refused before its body was read.
    reply.raw.once('finish', settle);
  });
}
