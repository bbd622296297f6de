import type { Json } from '@parley/protocol/docs';
import { parserOf } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { examplesOf } from '../src/docs/examples.ts';
import { shapeOf } from '../src/docs/shapes.ts';
import { type Dialect, dialects, native } from '../src/index.ts';
import { transcripts } from '../transcripts/index.ts';
import { playOnTable } from './support/table.ts';

const contracts = Object.values(dialects).filter(({ name }) => name !== native.name);

/** As it goes over the wire. */
const asJson = (values: readonly unknown[]): Json[] => JSON.parse(JSON.stringify(values));

/** The first of everything that passes while a transcript is played, and of requests the first that is not refused. */
async function witnessed(dialect: Dialect) {
  const requests: Record<string, object> = {};
  const answers: Record<string, unknown[]> = {};
  const told: Record<string, unknown[]> = {};
  const said: Record<string, unknown> = {};
  const heard: Record<string, unknown> = {};
  const transcript = transcripts.find((each) => each.dialect === dialect.name) ?? expect.fail('it has no transcript');
  for (const scene of transcript.scenes) {
    await playOnTable(dialect, transcript, scene, {
      said: (event, payload) => void (said[event] ??= payload ?? null),
      heard(event, payload) {
        heard[event] ??= payload ?? null;
        (told[event] ??= []).push(payload ?? null);
      },
      answered: (route, { path, query, body }, [status, answer]) => {
        if (status >= 300) return;
        requests[route] ??= { path, query, body, answer };
        (answers[route] ??= []).push(answer);
      },
    });
  }
  const shapesOf = (all: Record<string, unknown[]>) =>
    Object.fromEntries(Object.entries(all).map(([name, each]) => [name, shapeOf(asJson(each))]));
  const shapes = shapesOf(answers);
  const shaped = Object.entries(requests).map(([route, request]) => [route, { ...request, shape: shapes[route] }]);
  return { requests: Object.fromEntries(shaped), said, heard, shapes: shapesOf(told) };
}

describe('the examples of contracts', () => {
  it('are what passes when the transcripts are played', async () => {
    const played = await Promise.all(
      contracts.map(async (dialect) => [dialect.name, await witnessed(dialect)] as const),
    );
    const text = `${JSON.stringify(Object.fromEntries(played), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../examples.golden.json');
  });

  it.each(contracts)('of $name are there for each request and event, and are what its schemas take', (dialect) => {
    const { requests, said, heard } = examplesOf(dialect.name);
    const { guests = [], routes, inbound, summaries } = dialect;
    const takes = (schema: Parameters<typeof parserOf>[0], value: Json | object) =>
      expect(parserOf(schema)(value)).toMatchObject({ ok: true });
    for (const { method, path, step } of [...guests, ...routes]) {
      const { path: params, query, body } = requests[`${method} ${path}`] ?? expect.fail(`${method} ${path}`);
      takes(step.takes, { ...query, ...params, ...Object(body) });
    }
    if (inbound === 'commands') return;
    expect(Object.keys(said).sort()).toEqual(Object.keys(inbound).sort());
    for (const [event, [step]] of Object.entries(inbound)) if (step) takes(step.takes, said[event] ?? {});
    expect(Object.keys(heard).sort()).toEqual(Object.keys(summaries.says).sort());
  });
});
