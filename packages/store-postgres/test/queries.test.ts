import { describe, expect, it } from 'vitest';
import { createStore } from '../src/index.ts';
import { statements } from '../src/statement.ts';

/** One clause a line, for whoever reads it; PostgreSQL gets it in one. */
const readable = (text: string) =>
  text.replaceAll(
    / (?=(?:from|inner join|left join|where|order by|group by|limit|fetch|on conflict|returning|set|values) )/g,
    '\n  ',
  );

describe('queries.golden.sql', () => {
  it('holds the compiled text of every query', async () => {
    // Whatever a store can ask is compiled when its files are loaded.
    expect(createStore).toBeTypeOf('function');
    const sorted = [...statements].sort((a, b) => (a.name < b.name ? -1 : 1));
    const text = sorted.map(({ name, text }) => `-- ${name}\n${readable(text)};\n`).join('\n');
    await expect(text).toMatchFileSnapshot('../queries.golden.sql');
  });

  it('names every query once', () => {
    expect(new Set(statements.map(({ name }) => name)).size).toBe(statements.length);
  });
});
