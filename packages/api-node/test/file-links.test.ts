import { createFileLinks } from '@parley/node-kit';
import { limits } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { rangeOf } from '../src/range.ts';
import { filesStage, page, png } from './support/files.ts';

const secondMs = 1_000;
const stage = filesStage();
const { someone, upload, open } = stage;

describe('a link', () => {
  it('is nothing in another space, and nothing when a letter of it is another one', async () => {
    const { url: link, id } = await upload(someone());
    const other = await upload(someone());
    expect((await open(link, { space: stage.api.spaces[1].name })).status).toBe(403);
    const expires = new URL(link).searchParams.get('expires') ?? '';
    const forged = [
      link.replace(expires, String(Number(expires) + 1)),
      link.replace(id, other.id),
      link.replace(/signature=./, (text) => (text.endsWith('A') ? 'signature=B' : 'signature=A')),
      link.slice(0, -4),
      `${link}AAAA`,
      link.replace(/&signature.*/, ''),
      link.replace(/\?.*/, ''),
      `${link}&expires=${expires}`,
      link.replace(id, '../../etc/passwd'),
      link.replace(id, '..%2f..%2fetc%2fpasswd'),
    ];
    for (const each of forged) expect([403, 404]).toContain((await open(each)).status);
  });

  it('ends, half a day after it was made at the earliest and a day at the latest', async () => {
    const config = { filesSecret: 'x', urls: new Map([['main', 'https://chat.example']]) };
    const links = createFileLinks(config, new Map([['main', stage.api.spaces[0]]]));
    const key = { space: 'main', id: 'f' };
    for (const now of [0, 1, limits.fileLinkMsMin - 1, limits.fileLinkMsMin, 1.5 * limits.fileLinkMsMin]) {
      const link = new URL(links.linkOf(key, now));
      expect(link.origin).toBe('https://chat.example');
      const claim = {
        expires: link.searchParams.get('expires') ?? '',
        signature: link.searchParams.get('signature') ?? '',
      };
      expect(links.isGood(key, claim, now + limits.fileLinkMsMin - 1)).toBe(true);
      expect(links.isGood(key, claim, now + 2 * limits.fileLinkMsMin)).toBe(false);
      expect(links.isGood({ ...key, space: 'other' }, claim, now)).toBe(false);
      // Whoever is shown it again soon gets the same one, which caches know.
      expect(links.linkOf(key, Math.ceil((now + 1) / limits.fileLinkMsMin) * limits.fileLinkMsMin)).toBe(
        links.linkOf(key, now + 1),
      );
    }
  });

  it('that has ended is refused', async () => {
    const { id } = await upload(someone());
    const key = { space: stage.api.spaces[0].name, id };
    const old = stage.api.made.links.linkOf(key, Date.now() - 3 * limits.fileLinkMsMin);
    expect((await open(old)).status).toBe(403);
    expect(Number(new URL(stage.api.made.links.linkOf(key)).searchParams.get('expires')) * secondMs).toBeGreaterThan(
      Date.now(),
    );
  });

  it.each([
    ['a picture inline', png, 'a"b.png', 'image/png', /^inline; filename="a_b.png"; filename\*=UTF-8''a%22b.png$/],
    [
      'everything else for keeping',
      page,
      'é.html',
      'text/plain; charset=utf-8',
      /^attachment; filename="_.html"; filename\*=UTF-8''%C3%A9.html$/,
    ],
  ])('shows %s, and lets nothing run', async (_what, content, name, type, disposition) => {
    const { headers } = await open((await upload(someone(), Buffer.from(content), { name, type: 'a/b' })).url);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': type,
      'content-disposition': expect.stringMatching(disposition),
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
      'cross-origin-resource-policy': 'cross-origin',
    });
  });

  it.each([
    ['pages', page, 'text/html', 'attachment'],
    ['drawings, which have scripts', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml', 'attachment'],
    ['documents', '%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n', 'application/pdf', 'attachment'],
    ['pictures', png, 'image/png', 'inline'],
  ])('shows of all files nothing but pictures in the page that opens it: %s', async (_what, content, type, how) => {
    const file = Buffer.from(content as string);
    const { headers } = await open((await upload(someone(), file, { name: "it's (1)*", type })).url);
    expect(headers.get('content-disposition')).toBe(
      `${how}; filename="it's (1)*"; filename*=UTF-8''it%27s%20%281%29%2a`,
    );
  });

  it('asks for the range that its client has the right to, of the version that it knows', async () => {
    const { url: link, sha256 } = await upload(someone(), Buffer.from('0123456789'), { name: 'a', type: 'a/b' });
    const part = async (headers: Record<string, string>, method = 'GET') => {
      const answer = await open(link, { method, headers: { range: 'bytes=2-4', ...headers } });
      return [answer.status, answer.headers.get('content-length'), await answer.text()];
    };
    expect(await part({ 'if-range': `"${sha256}"` })).toEqual([206, '3', '234']);
    expect(await part({ 'if-range': '"another"' })).toEqual([200, '10', '0123456789']);
    expect(await part({}, 'HEAD')).toEqual([206, '3', '']);
  });

  it.each([
    ['bytes=0-0', 10, { start: 0, end: 0 }],
    ['bytes=-99', 10, { start: 0, end: 9 }],
    ['bytes=-10', 10, { start: 0, end: 9 }],
    ['bytes=9-', 10, { start: 9, end: 9 }],
    ['bytes=-0', 10, 'none'],
    ['bytes=0-', 0, 'none'],
    ['bytes=-1', 0, 'none'],
    ['bytes=10-11', 10, 'none'],
    ['bytes=-', 10, undefined],
    ['bytes=0-1,4-5', 10, undefined],
    ['bytes=4-2', 10, undefined],
    ['lines=0-1', 10, undefined],
    ['bytes=9999999999999999-', 10, undefined],
    [undefined, 10, undefined],
  ])('takes the range %s of %i bytes as RFC 9110 has it', (header, bytes, range) => {
    expect(rangeOf(header, bytes)).toEqual(range);
  });

  it('answers a part of the file, and nothing to whoever has it', async () => {
    const { url: link, sha256 } = await upload(someone(), Buffer.from('0123456789'), { name: 'a', type: 'a/b' });
    const part = async (range: string) => {
      const answer = await open(link, { headers: { range } });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    };
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await part('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89']);
    expect(await part('bytes=5-99')).toEqual([206, 'bytes 5-9/10', '56789']);
    expect(await part('bytes=10-')).toEqual([416, 'bytes */10', '']);
    expect(await part('bytes=4-2')).toEqual([200, null, '0123456789']);
    const known = await open(link, { headers: { 'if-none-match': `"${sha256}"` } });
    expect([known.status, await known.text()]).toEqual([304, '']);
  });
});
