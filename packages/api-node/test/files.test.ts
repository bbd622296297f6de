import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { sweepFiles } from '@parley/core';
import { limits } from '@parley/protocol';
import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import { arrive } from './support/api.ts';
import { bytesMax, filesStage, page, png } from './support/files.ts';

const stage = filesStage();
const { someone, headersOf, post, upload, codeOf, open, direct, send, messagesOf, lying } = stage;

describe('an upload', () => {
  it('answers what the file is, by its bytes, and where', async () => {
    const file = await upload(someone());
    expect(file).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'photo.png',
      type: 'image/png',
      bytes: png.byteLength,
      sha256: createHash('sha256').update(png).digest('hex'),
      url: expect.stringContaining(`/v1/files/${file.id}?`),
      uploadedAt: expect.stringMatching(/Z$/),
    });
    const shown = await open(file.url);
    expect(shown.status).toBe(200);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(png);
  });

  it.each([
    ['a page as a picture', page, 'photo.png', 'image/png'],
    ['a page as a picture, by its name alone', page, 'photo.png', 'application/octet-stream'],
    ['a picture as a film', png, 'clip', 'video/mp4'],
    [
      'a program as a document',
      Buffer.from('MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff', 'latin1'),
      'cv.pdf',
      'application/pdf',
    ],
    ['a drawing as a picture', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'x.png', 'image/svg+xml'],
    ['noise as a picture', Buffer.from([1, 2, 3, 255, 254, 0, 7]), 'x', 'image/webp'],
  ])('of a file that lies about its type is refused: %s', async (_what, content, name, type) => {
    const before = lying();
    expect(await post(someone(), Buffer.from(content), { name, type })).toMatchObject({
      status: 415,
      body: { error: { code: 'unsupported_type' } },
    });
    expect(lying()).toEqual(before);
  });

  it.each([
    ['a page that says so', page, 'a.html', 'text/html', 'text/plain'],
    [
      'a drawing',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
      'a.svg',
      'image/svg+xml',
      'text/plain',
    ],
    ['what nobody knows', Buffer.from([0, 1, 2, 3, 250]), 'a.bin', 'text/html', 'application/octet-stream'],
    [
      'noise that may be a film',
      Buffer.from([0, 1, 2, 3, 250]),
      'a.mov',
      'video/quicktime',
      'application/octet-stream',
    ],
    ['text in no known script', Buffer.from([0x41, 0xff, 0x42]), 'a.txt', 'text/plain', 'application/octet-stream'],
    ['a picture that says it is nothing', png, 'blob', 'application/octet-stream', 'image/png'],
    ['nothing at all', Buffer.alloc(0), 'a.txt', 'text/plain', 'text/plain'],
  ])('has the type of its bytes, and no other: %s', async (_what, content, name, type, found) => {
    expect(await upload(someone(), Buffer.from(content), { name, type })).toMatchObject({ type: found });
  });

  it('takes a limit to its last byte, and leaves nothing of what is longer', async () => {
    const eve = someone();
    const before = lying().length;
    const over = await post(eve, Buffer.alloc(bytesMax + 1), { name: 'a', type: 'a/b' });
    expect([over.status, codeOf(over)]).toEqual([413, 'too_large']);
    const far = await post(eve, Buffer.alloc(20 * bytesMax), { name: 'a', type: 'a/b' });
    expect([far.status, codeOf(far)]).toEqual([413, 'too_large']);
    expect(lying()).toHaveLength(before);
    expect(await upload(eve, Buffer.alloc(bytesMax), { name: 'a', type: 'a/b' })).toMatchObject({ bytes: bytesMax });
  });

  it('that is cut in the middle leaves nothing and takes no quota', async () => {
    const eve = someone();
    const before = lying();
    const aborted = async () =>
      (await stage.api.made.registry.getSingleMetricAsString('parley_uploads_total')).match(
        /outcome="invalid"} (\d+)/,
      )?.[1] ?? '0';
    const had = await aborted();
    const socket = connect(Number(new URL(stage.url).port), '127.0.0.1');
    const head = Object.entries(headersOf(eve)).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `POST /v1/files HTTP/1.1\r\nhost: x\r\n${head.join('')}content-type: multipart/form-data; boundary=b\r\ncontent-length: 90000\r\n\r\n` +
        `--b\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\ncontent-type: a/b\r\n\r\n${'x'.repeat(40_000)}`,
    );
    await until(() => lying().length > before.length, { what: 'some of it arrived' });
    socket.destroy();
    await until(async () => (await aborted()) !== had, { what: 'it was given up' });
    expect(lying()).toEqual(before);
    // A quota of 250,000 has room for two whole files and a half.
    for (const bytes of [bytesMax, bytesMax, bytesMax / 2])
      expect((await post(eve, Buffer.alloc(bytes), { name: 'a', type: 'a/b' })).status).toBe(200);
  });

  it('of two at once that do not both fit into the quota is one, and the other leaves nothing', async () => {
    const eve = someone();
    await upload(eve, Buffer.alloc(bytesMax), { name: 'a', type: 'a/b' });
    const before = lying().length;
    const racing = await Promise.all([1, 2].map(() => post(eve, Buffer.alloc(bytesMax), { name: 'a', type: 'a/b' })));
    expect(new Set(racing.map(({ status }) => status))).toEqual(new Set([200, 403]));
    expect(new Set(racing.map(codeOf))).toEqual(new Set(['quota_exceeded', undefined]));
    expect(lying()).toHaveLength(before + 1);
  });

  it.each([
    ['../../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['a/b/..', 'file'],
    ['a\u0007b\u202e.txt', 'ab\u202e.txt'],
    ['Ünï "códe" \u{1F600}.txt', 'Ünï "códe" \u{1F600}.txt'],
    ['x'.repeat(300), 'x'.repeat(255)],
  ])('keeps the last part of a name, for people: %s', async (name, kept) => {
    const before = lying();
    const file = await upload(someone(), page, { name, type: 'text/html' });
    expect(file.name).toBe(kept);
    expect(lying().filter((path) => !before.includes(path))).toEqual([
      join(stage.api.filesPath, stage.api.spaces[0].name, file.id.slice(0, 2), file.id),
    ]);
  });

  it('is refused without a token, without a form, without a file and beside too many others', async () => {
    const eve = someone();
    const ask = async (body: FormData | string, headers: Record<string, string>) => {
      const answer = await fetch(`${stage.url}/v1/files`, { method: 'POST', headers, body });
      return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code];
    };
    const form = new FormData();
    form.append('file', 'only a field');
    expect(await ask(form, { 'x-parley-space': stage.api.spaces[0].name })).toEqual([401, 'unauthenticated']);
    expect(await ask(form, headersOf(eve))).toEqual([400, 'invalid']);
    expect(await ask('{}', { ...headersOf(eve), 'content-type': 'application/json' })).toEqual([400, 'invalid']);
    expect(await ask('x', { ...headersOf(eve), 'content-type': 'text/plain' })).toEqual([400, 'invalid']);
    const crowd = await Promise.all(Array.from({ length: limits.uploadsAtOnceMax * 3 }, () => post(eve, png)));
    expect(new Set(crowd.map(codeOf))).toEqual(new Set([undefined, 'busy']));
    expect((await post(eve, png)).status).toBe(200);
  });
});

describe('a message', () => {
  it('carries files of its sender, with links that work for whoever sees it', async () => {
    const [ana, bob] = [someone(), someone()];
    await arrive(ana, bob);
    const id = await direct(ana, bob.userId);
    const files = [await upload(ana), await upload(ana, page, { name: 'a.html', type: 'text/html' })];
    const sent = await send(ana, id, {
      attachments: [{ url: 'https://x.example/' }],
      attachmentIds: files.map((file) => file.id),
    });
    expect(sent.status).toBe(200);
    const [message] = await messagesOf(bob, id);
    const shown = files.map(({ id: of, name, type, bytes }) => ({
      id: of,
      url: expect.stringContaining(of),
      name,
      type,
      bytes,
    }));
    expect(message?.attachments).toEqual([{ url: 'https://x.example/' }, ...shown]);
    const answer = await open(message?.attachments?.[1]?.url ?? '');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(png);
  });

  it('carries no file of another sender, of another space, or twice, and nothing is stored', async () => {
    const [ana, bob] = [someone(), someone()];
    const away = stage.api.person(ana.userId, { space: stage.api.spaces[1] });
    await arrive(ana, bob);
    const id = await direct(ana, bob.userId);
    const [theirs, elsewhere, own] = [
      await upload(bob),
      await upload(away, png, { space: stage.api.spaces[1].name }),
      await upload(ana),
    ];
    for (const file of [theirs, elsewhere])
      expect(await send(ana, id, { attachmentIds: [own.id, file.id] })).toMatchObject({ status: 404 });
    expect((await send(ana, id, { attachmentIds: [own.id] })).status).toBe(200);
    expect(await send(ana, id, { attachmentIds: [own.id] })).toMatchObject({ status: 404 });
    expect(await send(ana, id, { attachmentIds: [own.id, own.id] })).toMatchObject({ status: 400 });
    expect(await messagesOf(bob, id)).toHaveLength(1);
  });

  it('takes its files with it when it is deleted, from links that were good before too, and from the disk', async () => {
    const [ana, bob] = [someone(), someone()];
    await arrive(ana, bob);
    const id = await direct(ana, bob.userId);
    const file = await upload(ana);
    await send(ana, id, { attachmentIds: [file.id] });
    const [message] = await messagesOf(bob, id);
    await ana.ask('DELETE', `/v1/messages/${message?.id}`);
    expect((await open(file.url)).status).toBe(404);
    expect((await open(message?.attachments?.[0]?.url ?? '')).status).toBe(404);
    await sweepFiles(stage.api.made.filing);
    expect(lying().filter((path) => path.endsWith(file.id))).toEqual([]);
  });

  it('of an agent shows nothing of who uploaded its file', async () => {
    const [ana, tom] = [someone(), someone({ role: 'agent' })];
    await arrive(ana, tom);
    const { body } = await ana.ask('POST', '/v1/support', { body: {} });
    const { id } = (body as { conversation: { id: string } }).conversation;
    const file = await upload(tom);
    expect((await send(tom, id, { attachmentIds: [file.id] })).status).toBe(200);
    const [message] = await messagesOf(ana, id);
    expect(message).toMatchObject({ senderId: 'agents', attachments: [{ id: file.id }] });
    const shown = await open(message?.attachments?.[0]?.url ?? '');
    expect(JSON.stringify([message, [...shown.headers], shown.url])).not.toContain(tom.userId);
  });
});
