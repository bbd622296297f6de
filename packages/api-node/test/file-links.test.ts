import { createFileLinks } from '@parley/node-kit';
import { limits } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
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
    });
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
