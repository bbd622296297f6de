import asyncApiSpecs from '@asyncapi/specs';
import { dialects, native } from '@parley/dialects';
import { asyncApiOf, openApiOf } from '@parley/dialects/docs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { readingsOf } from '../src/docs/readings.ts';

type Operations = Record<string, Record<string, { operationId: string }>>;
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const isAsyncApi = ajv.compile(JSON.parse(JSON.stringify(asyncApiSpecs.schemasWithoutId['3.0.0'])) as object);

const idOf = (verb: 'hears' | 'says', name: string) => `${verb}.${name.replace(/[^\w.-]/g, '.')}`;

describe.each(Object.values(dialects).filter(({ name }) => name !== native.name))(
  'the documents of $name',
  (dialect) => {
    const openapi = openApiOf(dialect, { version: '1.2.3' });
    const asyncapi = asyncApiOf(dialect, { version: '1.2.3' });

    it('are valid OpenAPI 3.1 and AsyncAPI 3.0', async () => {
      const { valid, errors } = await new Validator().validate(structuredClone(openapi));
      expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
      expect({ valid: isAsyncApi(asyncapi), errors: isAsyncApi.errors }).toEqual({ valid: true, errors: null });
    });

    it('have a schema for each answer and each event, and it takes their examples', () => {
      type Shown = { content: Record<string, { schema?: object; example: unknown }> };
      const operations = Object.values(openapi['paths'] as Record<string, Record<string, { responses: object }>>);
      const answers = operations.flatMap((path) =>
        Object.values(path).flatMap(({ responses }) =>
          Object.entries<Shown>(Object(responses)).flatMap(([status, { content }]) =>
            Number(status) < 300 ? [content['application/json']] : [],
          ),
        ),
      );
      expect(answers).toHaveLength([...(dialect.guests ?? []), ...dialect.routes].length);
      for (const answer of answers) {
        expect(answer?.schema).toMatchObject({ type: expect.anything() });
        expect(ajv.validate(answer?.schema ?? false, answer?.example)).toBe(true);
      }
      const { messages } = asyncapi['components'] as {
        messages: Record<string, { payload?: object; examples?: Said }>;
      };
      type Said = { payload: unknown }[];
      for (const name of Object.keys(dialect.summaries.says)) {
        const { payload, examples: [example] = [] } = messages[idOf('says', name)] ?? expect.fail(name);
        expect(payload).toMatchObject({ type: 'object' });
        expect(ajv.validate(payload ?? false, example?.payload)).toBe(true);
      }
    });

    it('say of each request and event what it is for, in its own words, and how its page reads it', () => {
      type Told = { summary: string; description?: string };
      const { takes, says, routes } = dialect.summaries;
      const written = readingsOf(dialect.name);
      const requests = openapi['paths'] as Record<string, Record<string, Told & { operationId: string }>>;
      for (const { operationId, summary, description } of Object.values(requests).flatMap((path) =>
        Object.values(path),
      )) {
        expect({ operationId, summary }).toEqual({ operationId, summary: routes[operationId] });
        expect(description).toContain(written.routes[operationId]?.reading);
      }
      const operations = asyncapi['operations'] as Record<string, Told>;
      for (const [direction, sentences] of Object.entries({ takes, says })) {
        for (const [name, sentence] of Object.entries(sentences)) {
          const told = operations[idOf(direction === 'takes' ? 'hears' : 'says', name)] ?? expect.fail(name);
          expect(told.summary).toBe(sentence);
          expect(told.description).toContain(written[direction as 'takes' | 'says'][name]?.document);
        }
      }
      for (const sentence of Object.values({ ...takes, ...says, ...routes }))
        expect(sentence).toMatch(/^[A-Z].{8,90}\.$/);
    });

    it('have every request, every event that is heard, and every event that is said', () => {
      const requests = Object.values(openapi['paths'] as Operations).flatMap((path) => Object.values(path));
      expect(requests.map(({ operationId }) => operationId).toSorted()).toEqual(
        [...(dialect.guests ?? []), ...dialect.routes].map(({ method, path }) => `${method} ${path}`).toSorted(),
      );
      const names = Object.values((asyncapi['components'] as { messages: Record<string, { name: string }> }).messages);
      const spoken = [...Object.keys(dialect.inbound), ...Object.keys(dialect.summaries.says)];
      expect(names.map(({ name }) => name).toSorted()).toEqual(spoken.toSorted());
    });
  },
);
