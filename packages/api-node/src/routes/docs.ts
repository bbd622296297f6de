import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type Dialect, dialectsOf } from '@parley/dialects';
import { asyncApiOf, openApiOf } from '@parley/dialects/docs';
import { type Doors, doorOf } from '@parley/node-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { eventsPage } from './events-page.ts';

const version = '1.0.0';

/** The contract of each space, made from the table that answers its clients: as documents, and as pages for people. */
export async function docsRoutes(app: FastifyInstance, { doors }: { doors: Doors }): Promise<void> {
  const made = new Map<string, ReturnType<typeof documentsOf>>();
  const documents = ({ headers }: FastifyRequest) => {
    const dialect = dialectsOf(doorOf(doors, headers)?.space.dialect).at(-1) as Dialect;
    let found = made.get(dialect.name);
    if (!found) made.set(dialect.name, (found = documentsOf(dialect)));
    return found;
  };
  // The plugin wants a document when it starts; which one is shown follows from the space of the request.
  await app.register(swagger, { mode: 'static', specification: { document: { openapi: '3.1.0', info, paths: {} } } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { docExpansion: 'list', deepLinking: true },
    theme: { title: 'Parley over HTTP' },
    transformSpecification: (_none, request) => documents(request).openapi,
    transformSpecificationClone: false,
  });
  for (const { name, docs } of new Set([...doors.values()].flatMap(({ space }) => dialectsOf(space.dialect)))) {
    if (docs) app.get(docs, { constraints: { dialect: name } }, async (_request, reply) => reply.redirect('/docs'));
  }
  app.get('/docs/openapi.json', async (request) => documents(request).openapi);
  app.get('/docs/asyncapi.json', async (request) => documents(request).asyncapi);
  app.get('/docs/events', async (request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(documents(request).page),
  );
}

const info = { title: 'Parley', version };

function documentsOf(dialect: Dialect) {
  const asyncapi = asyncApiOf(dialect, { version });
  return { openapi: openApiOf(dialect, { version }), asyncapi, page: eventsPage(asyncapi) };
}
