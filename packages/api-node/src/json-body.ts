import { limits } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { refused } from './refusals.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** JSON is the only body that is taken, and it must be whole UTF-8: a replaced character would change what was said. */
export function takeJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: limits.frameBytesMax },
    async (_request: unknown, body: Buffer) => (body.length === 0 ? undefined : parse(body)),
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw refused('invalid', 'The body is not JSON in UTF-8.', { cause });
  }
}
