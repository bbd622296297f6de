import { budgets, limits } from '@parley/protocol';
import { freePort, until } from '@parley/testkit';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReading } from '../src/reading.ts';
import { arrive, type Person, startApi } from './support/api.ts';

/** Enough for one long page and a part of another. */
const points = 45;

let api: Awaited<ReturnType<typeof startApi>>;
let ada: Person;
let ben: Person;
let conversationId: string;

const page = (person: Person, limit: number) =>
  person.ask('GET', `/v1/pages/messages?conversationId=${conversationId}&limit=${limit}`);
const statuses = async (asked: ReturnType<Person['ask']>[]) => (await Promise.all(asked)).map(({ status }) => status);
beforeAll(async () => {
  api = await startApi({ budgets: { ...budgets, read: { points, windowMs: 600_000 } } });
  [ada, ben] = [api.person('ada'), api.person('ben')];
  await arrive(ada, ben);
  const { body } = await ada.ask('PUT', '/v1/conversations/direct/ben');
  conversationId = (body['conversation'] as { id: string }).id;
  const longest = '\u{1F600}'.repeat(limits.bodyCharsMax);
  const sends = Array.from({ length: limits.pageMax }, () =>
    ada.ask('POST', `/v1/conversations/${conversationId}/messages`, { body: { body: longest } }),
  );
  if ((await statuses(sends)).some((status) => status !== 200)) throw new Error('not all of it was sent');
});
afterAll(() => api.close());

describe('reads of one user', () => {
  it('take turns, also after one who gave up, and nobody else waits for them', async () => {
    const app = Fastify({ forceCloseConnections: true });
    const reading = createReading(new Map(), 2);
    const begun: { who: string; finish: () => void }[] = [];
    app.get<{ Params: { who: string } }>('/:who', (request, reply) => {
      const { who } = request.params;
      const work = () =>
        new Promise((resolve) => {
          begun.push({ who, finish: () => resolve({}) });
        });
      return reading.take({ space: 'a', userId: who, role: 'user' }, request, reply, work);
    });
    const url = await app.listen({ host: '127.0.0.1', port: await freePort() });
    const given = new AbortController();
    const ask = (who: string, signal?: AbortSignal, method = 'GET') =>
      fetch(`${url}/${who}`, { method, ...(signal && { signal }) }).then(
        ({ status }) => status,
        () => 'gone',
      );
    const untilBegun = (...whose: string[]) =>
      until(() => begun.map(({ who }) => who).join() === whose.join(), { what: `${whose.join()} are read for` });
    const first = [ask('ben', given.signal), ask('ben')];
    await untilBegun('ben', 'ben');
    const more = [ask('ben'), ask('ben', undefined, 'HEAD')];
    const other = ask('ada');
    await untilBegun('ben', 'ben', 'ada');
    given.abort();
    expect(await first[0]).toBe('gone');
    const [one, two, ofAda] = begun;
    one?.finish();
    await untilBegun('ben', 'ben', 'ada', 'ben');
    two?.finish();
    await untilBegun('ben', 'ben', 'ada', 'ben', 'ben');
    ofAda?.finish();
    for (const { finish } of begun) finish();
    expect(await Promise.all([first[1], ...more, other])).toEqual([200, 200, 200, 200]);
    await app.close();
  });

  it('are answered whole however long, and a long answer costs as much as several', async () => {
    const whole = await page(ben, limits.pageMax);
    const { messages } = whole.body as { messages: { body: string }[] };
    expect(messages).toHaveLength(limits.pageMax);
    expect(new Set(messages.map(({ body }) => Array.from(body).length))).toEqual(new Set([limits.bodyCharsMax]));
    const bytes = Buffer.byteLength(JSON.stringify(whole.body));
    expect(bytes).toBeGreaterThan(4 * limits.pageMax * limits.bodyCharsMax);
    const cost = 1 + Math.floor(bytes / limits.readAnswerBytes);
    expect([cost < points, 2 * cost > points]).toEqual([true, true]);
    // The second one is answered as well: what an answer costs is known when it is there.
    expect(await statuses([page(ben, limits.pageMax)])).toEqual([200]);
    const { status, headers } = await page(ben, 1);
    expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true]);
    expect(await statuses([page(ada, 1)])).toEqual([200]);
  });
});
