import { once } from 'node:events';
import { createServer } from 'node:http';
import { createTokens } from '@parley/node-kit';
import { freePort, until } from '@parley/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { by, forge, goodPayload, jwk, nowMs, nowS, pairs, spaceWith } from './support/forge.ts';

const served = { keys: [] as object[], status: 200, body: undefined as string | undefined, requests: 0 };
const server = createServer((_request, response) => {
  served.requests += 1;
  response.writeHead(served.status).end(served.body ?? JSON.stringify({ keys: served.keys }));
});
let url = '';

beforeAll(async () => {
  const port = await freePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${port}/jwks.json`;
});
beforeEach(
  () => void Object.assign(served, { keys: [jwk(pairs.rsa, 'one')], status: 200, body: undefined, requests: 0 }),
);
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

const token = (kid: string | undefined, exp = nowS + 86_400) =>
  forge({ alg: 'RS256', ...(kid !== undefined && { kid }) }, { ...goodPayload, exp }, by(pairs.rsa.privateKey));

function tokensAt(clock: { ms: number }, failures: unknown[] = []) {
  const space = spaceWith({ key: { from: 'url', url }, algorithms: ['RS256'] });
  return createTokens(space, { now: () => clock.ms, onKeysFailed: (error) => failures.push(error) });
}

describe('a key set by URL', () => {
  it('is asked once for many tokens', async () => {
    const tokens = tokensAt({ ms: nowMs });
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => tokens.verify(token('one'))));
    expect(verdicts.every(({ ok }) => ok)).toBe(true);
    expect(served.requests).toBe(1);
  });

  it('of one key needs no kid', async () => {
    expect(await tokensAt({ ms: nowMs }).verify(token(undefined))).toMatchObject({ ok: true });
  });

  it('is asked again for a kid that is new, so that keys can rotate, but not by every stranger', async () => {
    const clock = { ms: nowMs };
    const tokens = tokensAt(clock);
    await tokens.verify(token('one'));
    served.keys = [jwk(pairs.rsa, 'two')];
    expect(await tokens.verify(token('two'))).toEqual({ ok: false, code: 'unauthenticated' });
    expect(served.requests).toBe(1);
    clock.ms += 30_000;
    expect(await tokens.verify(token('two'))).toMatchObject({ ok: true });
    for (const kid of ['three', 'four', 'five']) expect(await tokens.verify(token(kid))).toMatchObject({ ok: false });
    expect(served.requests).toBe(2);
  });

  it('is never asked for a kid that no key could have', async () => {
    const clock = { ms: nowMs };
    const tokens = tokensAt(clock);
    await tokens.verify(token('one'));
    clock.ms += 60_000;
    expect(await tokens.verify(token('k'.repeat(257)))).toEqual({ ok: false, code: 'unauthenticated' });
    expect(served.requests).toBe(1);
  });

  it('is renewed every ten minutes behind the back of requests, and forgets keys that are gone', async () => {
    const clock = { ms: nowMs };
    const tokens = tokensAt(clock);
    await tokens.verify(token('one'));
    served.keys = [jwk(pairs.rsa, 'two')];
    clock.ms += 600_000;
    expect(await tokens.verify(token('one'))).toMatchObject({ ok: true });
    await until(async () => !(await tokens.verify(token('one'))).ok, { what: 'the old key is forgotten' });
    expect(served.requests).toBe(2);
  });

  it.each([
    ['answers 500', { status: 500 }],
    ['answers no JSON', { body: '<html>' }],
    ['answers no keys', { body: '{"keys":[]}' }],
    ['answers something too large', { body: ' '.repeat(300 * 1024) }],
  ])('that %s keeps its old keys, and says so', async (_, trouble) => {
    const clock = { ms: nowMs };
    const failures: unknown[] = [];
    const tokens = tokensAt(clock, failures);
    await tokens.verify(token('one'));
    Object.assign(served, trouble);
    clock.ms += 600_000;
    await tokens.verify(token('one'));
    await until(() => failures.length === 1, { what: 'the failure is told' });
    expect(await tokens.verify(token('one'))).toMatchObject({ ok: true });
  });

  it('that was never reached answers unavailable, and recovers', async () => {
    const clock = { ms: nowMs };
    served.status = 503;
    const tokens = tokensAt(clock);
    expect(await tokens.verify(token('one'))).toEqual({ ok: false, code: 'unavailable' });
    served.status = 200;
    clock.ms += 1_000;
    expect(await tokens.verify(token('one'))).toMatchObject({ ok: true });
  });
});
