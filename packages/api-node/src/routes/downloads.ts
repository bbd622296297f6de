import { Readable } from 'node:stream';
import { type FileParts, isShownInline, type Upload } from '@parley/core';
import type { Claim, Doors, FileLinks } from '@parley/node-kit';
import { fileRoutes } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { entered } from '../entrance.ts';
import { rangeOf } from '../range.ts';
import { refused } from '../refusals.ts';

type Around = { doors: Doors; links: FileLinks; filing: Pick<FileParts, 'files' | 'uploads'> };
type Asked = { Params: { fileId: string }; Querystring: Record<string, unknown> };

/**
 * Where files are read: by a link that was made for one file, without a token. What comes out can run nothing, whatever
 * it is: browsers believe the type, show pictures only, and open everything else nowhere.
 */
export async function downloadRoutes(app: FastifyInstance, { doors, links, filing }: Around): Promise<void> {
  app.get<Asked>(fileRoutes['file.read'].http.path, async (request, reply) => {
    const { space } = entered(request, doors);
    const key = { space: space.name, id: request.params.fileId };
    if (!links.isGood(key, claimOf(request.query))) {
      throw refused('forbidden', 'This link is not ours, or has ended: whatever shows the message has a new one.');
    }
    // Asked each time, also by caches: a message that was deleted a moment ago takes its files with it.
    const upload = await filing.uploads.find(key);
    if (!upload) throw refused('not_found', 'This file is gone.');
    describe(reply, upload);
    if (request.headers['if-none-match'] === etagOf(upload)) return reply.code(304).send();
    return send(request, reply, upload, filing);
  });
}

function claimOf({ expires, signature }: Record<string, unknown>): Claim {
  if (typeof expires !== 'string' || typeof signature !== 'string')
    throw refused('forbidden', 'This is no whole link.');
  return { expires, signature };
}

const etagOf = ({ sha256 }: Upload) => `"${sha256}"`;

function describe(reply: FastifyReply, upload: Upload): void {
  void reply.headers({
    'content-disposition': dispositionOf(upload),
    'content-security-policy': "sandbox; default-src 'none'",
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
    etag: etagOf(upload),
  });
}

/** The name in the two ways of RFC 6266: for what reads ASCII only, and exactly. */
function dispositionOf({ name, type }: Upload): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `${isShownInline(type) ? 'inline' : 'attachment'}; filename="${ascii}"; filename*=UTF-8''${exact}`;
}

async function send(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  { file, type, bytes, sha256 }: Upload,
  { files }: Around['filing'],
): Promise<FastifyReply> {
  // Part of another version is worth nothing; there is one version of a file.
  const wanted = headers['if-range'] === undefined || headers['if-range'] === `"${sha256}"` ? headers.range : undefined;
  const range = rangeOf(wanted, bytes);
  if (range === 'none') return reply.code(416).header('content-range', `bytes */${bytes}`).send();
  const length = range ? range.end - range.start + 1 : bytes;
  void reply.type(type === 'text/plain' ? 'text/plain; charset=utf-8' : type).header('content-length', length);
  if (range) void reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${bytes}`);
  // Fastify calls an answer to HEAD without a body empty; of a stream it leaves our length standing.
  if (method === 'HEAD') return reply.send(Readable.from([]));
  const body = await files.read(file, range);
  if (!body) throw new Error('the bytes of a file are not in the folder of files: is it the one that all nodes share?');
  return reply.send(body);
}
