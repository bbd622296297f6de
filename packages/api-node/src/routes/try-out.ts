import { dialects } from '@parley/dialects';
import { type Doors, mintToken } from '@parley/node-kit';
import { Closed, parserOf, Role, UserId } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { entered } from '../entrance.ts';
import { refused } from '../refusals.ts';
import { tryOutPage, tryOutScript } from '../try-out/page.ts';

type Around = { doors: Doors; tokens: boolean };

const parse = parserOf(Closed({ userId: UserId, role: Role }));
const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self' ws: wss:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * The pages at which contracts are tried by hand, where their documents have them.
 * @param tokens whether anybody who can load the page gets a token of any user: never in production
 */
export async function tryOutRoutes(app: FastifyInstance, { doors, tokens }: Around): Promise<void> {
  const spoken = new Set([...doors.values()].map(({ space }) => space.dialect));
  const pages = [...spoken].flatMap((name) => {
    const dialect = dialects[name];
    return dialect?.tryOutAt === undefined ? [] : [{ dialect, path: dialect.tryOutAt }];
  });
  if (pages.length === 0) return;
  const script = tryOutScript();
  for (const { dialect, path } of pages) {
    const page = tryOutPage(dialect);
    app.get(path, { constraints: { dialect: dialect.name } }, async (_request, reply) =>
      reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page),
    );
  }
  app.get('/try-out/script.js', async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script));
  app.post('/try-out/token', async (request) => {
    const { space } = entered(request, doors);
    if (!tokens || space.tokens.key.from !== 'secret') {
      throw refused('forbidden', 'No token is given away here: paste one of your product.');
    }
    const parsed = parse(request.body);
    if (!parsed.ok) throw refused('invalid', parsed.error.message, parsed.error);
    return { token: mintToken(space, parsed.value) };
  });
}
