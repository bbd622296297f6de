import { startOtlpReceiver, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi } from './support/api.ts';

let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
let api: Awaited<ReturnType<typeof startApi>>;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  api = await startApi({}, { traces: { endpoint: receiver.endpoint, share: 1, everyMs: 50 } });
});
afterAll(async () => {
  await api.close();
  await receiver.close();
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const route = '/v1/conversations/:conversationId/messages';

const came = (name: string) =>
  until(() => receiver.spans().find((span) => span.name === name), {
    what: `a span ${name}`,
    withinMs: 15_000,
  });

describe('a request that is traced', () => {
  it('goes on with the trace of its client, down to the store and to Redis, by ids alone', async () => {
    const [ada, bob] = [api.person('ada'), api.person('bob')];
    await bob.ask('GET', '/v1/conversations');
    const opened = await ada.ask('PUT', '/v1/conversations/direct/bob');
    const { id } = opened.body['conversation'] as { id: string };
    const body = 'what ada says to bob alone';
    const headers = { traceparent: `00-${traceId}-${spanId}-01`, 'x-forwarded-for': '203.0.113.9' };
    const sent = await ada.ask('POST', `/v1/conversations/${id}/messages`, { body: { body }, headers });
    expect(sent.status).toBe(200);

    const request = await came(`POST ${route}`);
    const [store, publish] = [await came('store'), await came('publish')];
    expect(request).toMatchObject({ traceId, parentSpanId: spanId, service: 'parley-api' });
    expect(request.ids).toEqual({
      'http.request.method': 'POST',
      'http.route': route,
      'http.response.status_code': '200',
      'parley.space': api.spaces[0].name,
      'parley.user_id': 'ada',
    });
    for (const span of [store, publish]) {
      expect(span).toMatchObject({ traceId, parentSpanId: request.spanId });
      expect(span.ids).toEqual({ 'parley.conversation_id': id });
      expect(span.durationMs).toBeGreaterThanOrEqual(0);
      expect(span.durationMs).toBeLessThan(60_000);
    }
    for (const secret of [ada.token, body, '203.0.113.9']) expect(receiver.said()).not.toContain(secret);
  });

  it('is left out where its client leaves it out, and says what was refused', async () => {
    const ada = api.person('ada');
    const headers = { traceparent: `00-${traceId}-${spanId}-00` };
    await ada.ask('GET', '/v1/conversations?limit=1', { headers });
    expect((await ada.ask('GET', '/v1/conversations/nowhere')).status).toBe(400);
    const refused = await came('GET /v1/conversations/:conversationId');
    expect(refused.ids).toMatchObject({ 'http.response.status_code': '400' });
    expect(receiver.spans().filter(({ name }) => name === 'GET /v1/conversations')).toHaveLength(1);
  });
});
