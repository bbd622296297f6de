import { type Command, commandNames, commands } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi } from './support/api.ts';

let api: Awaited<ReturnType<typeof startApi>>;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe('without a token', () => {
  it('everybody may ask for the health', async () => {
    expect(await api.ask('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('everybody who comes in by the front door is shown where to go on, and every place is there', async () => {
    const { status, body } = await api.ask('GET', '/');
    expect({ status, body }).toEqual({
      status: 200,
      body: { name: 'Parley', space: api.spaces[0].name, docs: '/docs', events: '/docs/events', health: '/health' },
    });
    for (const place of ['docs', 'events', 'health']) {
      expect(await api.ask('GET', String(body[place]))).toMatchObject({ status: 200 });
    }
  });

  it('everybody may read the contract, which names every route', async () => {
    const { body } = await api.ask('GET', '/docs/openapi.json');
    const paths = body['paths'] as Record<string, Record<string, unknown>>;
    for (const name of commandNames) {
      const { http }: Command = commands[name];
      if (http) expect(paths[http.path.replace(/:(\w+)/g, '{$1}')]).toHaveProperty(http.method.toLowerCase());
    }
    expect((await api.ask('GET', '/docs/asyncapi.json')).body).toMatchObject({ asyncapi: '3.0.0' });
  });

  it('people get pages: one for HTTP, one for events', async () => {
    expect((await api.ask('GET', '/docs')).body['text']).toContain('swagger-ui');
    const { body, headers } = await api.ask('GET', '/docs/events');
    expect(body['text']).toContain('message.created');
    expect(body['text']).toContain('message.send');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('a page of the space may ask the browser whether it may ask', async () => {
    const preflight = {
      origin: 'https://app.example',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization',
    };
    const answer = await api.ask('OPTIONS', '/v1/conversations/direct/ben', { headers: preflight });
    expect(answer).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-allow-methods': expect.stringContaining('PUT'),
      },
    });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });
});

describe('a space with a contract of its own', () => {
  it('shows that one: its routes, its events, and both to people', async () => {
    const own = await startApi({ dialect: 'direct-chat' });
    try {
      for (const document of ['/docs/openapi.json', '/docs/json']) {
        const { paths } = (await own.ask('GET', document)).body as { paths: object };
        expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/api/chat/send', '/api/chat/unread-count']));
        expect(Object.keys(paths)).not.toContain('/v1/conversations');
      }
      expect((await own.ask('GET', '/docs/asyncapi.json')).body).toMatchObject({
        components: { messages: { 'hears.join_conversation': {}, 'says.user_typing': {} } },
      });
      const page = String((await own.ask('GET', '/docs/events')).body['text']);
      expect(page).toContain('<h1>direct-chat over Socket.IO</h1>');
      expect(page).toContain('<code class="name">message_notification</code>');
      // With what it takes, and not with an empty schema.
      expect(page).toMatch(/<code class="name">join_conversation<[\s\S]*?conversationId[\s\S]*?<\/details>/);
    } finally {
      await own.close();
    }
  });
});

describe('the numbers of the edge', () => {
  it('are kept by route, and never by what somebody typed', async () => {
    await api.ask('GET', '/v1/conversations/something-typed');
    await api.ask('GET', '/somewhere/something-typed');
    const text = await api.made.registry.metrics();
    expect(text).toContain(
      'parley_http_request_duration_seconds_count{method="GET",route="/v1/conversations/:conversationId",status="401"}',
    );
    expect(text).not.toContain('something-typed');
  });
});
