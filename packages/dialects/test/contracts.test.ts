import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dialects, native } from '../src/index.ts';
import { touchedBy, transcripts } from '../transcripts/index.ts';

const pageOf = (name: string) => new URL(`../contracts/${name}.md`, import.meta.url);

/** The names in the first column of the table under a heading. */
function namesUnder(page: string, heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name).sort();
}

const contracts = Object.values(dialects).filter(({ name }) => name !== native.name);

describe.each(contracts)('the contract $name', ({ name, guests = [], routes, inbound, says }) => {
  it('has a page whose routes and events are those of the table, and of the transcript', () => {
    const page = readFileSync(pageOf(name), 'utf8');
    const onPage = {
      routes: namesUnder(page, 'Routes'),
      emitted: namesUnder(page, 'What clients say'),
      heard: namesUnder(page, 'What the server says'),
    };
    const inTable = {
      routes: [...guests, ...routes].map(({ method, path }) => `${method} ${path}`).sort(),
      emitted: Object.keys(inbound).sort(),
      heard: Object.keys(says).sort(),
    };
    expect(inTable).toEqual(onPage);
    const transcript = transcripts.find(({ dialect }) => dialect === name) ?? expect.fail('it has no transcript');
    expect(touchedBy(transcript)).toEqual(onPage);
  });
});

describe('what is written of contracts', () => {
  it('is of contracts that there are', () => {
    const names = contracts.map(({ name }) => name).sort();
    expect(transcripts.map(({ dialect }) => dialect).sort()).toEqual(names);
    const pages = readdirSync(new URL('../contracts/', import.meta.url));
    expect(pages.sort()).toEqual(names.map((name) => `${name}.md`));
  });
});
