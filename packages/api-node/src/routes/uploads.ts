import multipart from '@fastify/multipart';
import { type Caller, type FileParts, uploadFile, type Users } from '@parley/core';
import type { Door, Doors } from '@parley/node-kit';
import { fileRoutes, limits } from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerOf } from '../caller.ts';
import { entered } from '../entrance.ts';
import type { FileMetrics } from '../metrics.ts';
import { failureOf, refused } from '../refusals.ts';

type Around = { doors: Doors; users: Users; filing: FileParts; metrics: FileMetrics };
type Admitted = { door: Door; caller: Caller };

/** What a form may have besides the file, which is all that is looked at. */
const formLimits = { files: 1, fields: 10, fieldSize: 1_024, fieldNameSize: 100, headerPairs: 20 };

/** Where files come in: one for each request, streamed, from a form as browsers send it. */
export async function uploadRoutes(app: FastifyInstance, { doors, users, filing, metrics }: Around): Promise<void> {
  const underWay = new Map<string, number>();
  app.decorateRequest('uploader');
  // Whatever comes is given to the handler, which says what it wants.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  await app.register(multipart, { throwFileSizeLimit: false });
  app.addHook('onRequest', async (request) => {
    const door = entered(request, doors);
    request.setDecorator<Admitted>('uploader', { door, caller: await callerOf(request, door, users) });
  });

  app.post(fileRoutes['file.upload'].http.path, { config: { slow: true } }, async (request, reply) => {
    const { door, caller } = request.getDecorator<Admitted>('uploader');
    const retryAfterMs = door.limiter.take(caller.userId, 'write');
    if (retryAfterMs > 0) throw refused('rate_limited', undefined, { retryAfterMs });
    const uploader = `${caller.space} ${caller.userId}`;
    const others = underWay.get(uploader) ?? 0;
    if (others >= limits.uploadsAtOnceMax)
      throw refused('busy', 'You upload too much at once.', { retryAfterMs: 1_000 });
    underWay.set(uploader, others + 1);
    void reply.header('cache-control', 'no-store');
    try {
      const file = await uploadFile(filing, caller, await fileIn(request, door.space.files.bytesMax));
      metrics.uploads.inc({ outcome: 'kept' });
      metrics.uploadedBytes.inc(file.bytes);
      return { file };
    } catch (error) {
      metrics.uploads.inc({ outcome: failureOf(error)?.code ?? 'internal' });
      // What is left of the body is read away: a client that is still writing gets to see the answer.
      request.raw.unpipe().resume();
      throw error;
    } finally {
      const left = (underWay.get(uploader) ?? 1) - 1;
      if (left > 0) underWay.set(uploader, left);
      else underWay.delete(uploader);
    }
  });
}

/** The file of the form, as it arrives. @throws Failure `invalid` where there is none */
async function fileIn(request: FastifyRequest, bytesMax: number) {
  if (!request.isMultipart()) throw refused('invalid', 'Send the file in a form: content-type multipart/form-data.');
  const part = await request.file({ limits: { ...formLimits, fileSize: bytesMax } });
  if (!part) throw refused('invalid', 'The form has no file: a part with a file name.');
  const { filename, mimetype: type, file } = part;
  // Browsers write a quote in a name so, and nothing else.
  const name = filename.replaceAll('%22', '"');
  return { name, type, body: whole(file, bytesMax) };
}

type Part = AsyncIterable<Uint8Array> & { truncated: boolean };

/** The parser ends what is too long, and what breaks off, each in its own way. */
async function* whole(file: Part, bytesMax: number): AsyncIterable<Uint8Array> {
  try {
    yield* file;
  } catch (cause) {
    throw refused('invalid', 'The upload broke off; nothing of it was kept.', { cause });
  }
  if (file.truncated) throw refused('too_large', `A file has at most ${bytesMax} bytes here.`);
}
