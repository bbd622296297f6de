import { readFileSync } from 'node:fs';
import { dialects } from '@parley/dialects';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi } from './support/api.ts';

const withPages = Object.values(dialects).flatMap((dialect) =>
  dialect.tryOutAt === undefined ? [] : [{ ...dialect, path: dialect.tryOutAt }],
);

describe.each(withPages)('the page at which $name is tried', ({ name, path, inbound, routes }) => {
  let api: Awaited<ReturnType<typeof startApi>>;
  beforeAll(async () => {
    api = await startApi({ dialect: name });
  });
  afterAll(() => api.close());

  it('offers every event and every request of the contract', async () => {
    const { status, headers, body } = await api.ask('GET', path);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
    const [, data = ''] =
      /<script type="application\/json" id="contract">(.*)<\/script>/.exec(String(body['text'])) ?? [];
    const offered = JSON.parse(data) as { events: { event: string }[]; requests: { method: string; path: string }[] };
    expect(offered.events.map(({ event }) => event)).toEqual(Object.keys(inbound));
    expect(offered.requests.map((request) => `${request.method} ${request.path}`)).toEqual(
      routes.map((route) => `${route.method} ${route.path}`),
    );
  });

  it('runs our script and no other', async () => {
    const { headers } = await api.ask('GET', path);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    const script = await api.ask('GET', '/try-out/script.js');
    expect(script.body['text']).toBe(readFileSync(new URL('../src/try-out/script.js', import.meta.url), 'utf8'));
  });

  it('gives a development token to a user that may then ask', async () => {
    const { body } = await api.ask('POST', '/try-out/token', { body: { userId: '17', role: 'user' } });
    const headers = { authorization: `Bearer ${String(body['token'])}` };
    expect((await api.ask('GET', '/v1/conversations', { headers })).status).toBe(200);
    expect((await api.ask('POST', '/try-out/token', { body: { userId: '17', role: 'root' } })).status).toBe(400);
  });
});

describe.each([
  ['switched off', { tryOut: false }, 404, 404],
  ['asked for in production', { tryOut: true, production: true }, 200, 403],
])('where it is %s', (_, config, status, tokenStatus) => {
  it(`a page is answered ${status}, and no token is given away`, async () => {
    const [page = expect.fail()] = withPages;
    const api = await startApi({ dialect: page.name }, config);
    try {
      expect((await api.ask('GET', page.path)).status).toBe(status);
      const given = await api.ask('POST', '/try-out/token', { body: { userId: '17', role: 'user' } });
      expect(given.status).toBe(tokenStatus);
      expect(given.body).not.toHaveProperty('token');
    } finally {
      await api.close();
    }
  });
});
