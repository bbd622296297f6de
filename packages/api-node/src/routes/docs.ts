import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { asyncApi, openApi } from '@parley/protocol/docs';
import type { FastifyInstance } from 'fastify';
import { eventsPage } from './events-page.ts';

const version = '1.0.0';

/** The contract, made from the same schemas that check every request: as documents, and as pages for people. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const openapi = openApi({ version });
  const asyncapi = asyncApi({ version });
  const page = eventsPage(asyncapi);
  // What the generated document has wins; the plugin's type wants to see these two.
  const document = { info: { title: 'Parley', version }, paths: {}, ...openapi, openapi: '3.1.0' };
  await app.register(swagger, { mode: 'static', specification: { document } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { docExpansion: 'list', deepLinking: true },
    theme: { title: 'Parley over HTTP' },
  });
  app.get('/docs/openapi.json', async () => openapi);
  app.get('/docs/asyncapi.json', async () => asyncapi);
  app.get('/docs/events', async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(page),
  );
}
