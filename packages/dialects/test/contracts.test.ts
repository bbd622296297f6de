import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dialects, native } from '../src/index.ts';
import { touchedBy, transcripts } from '../transcripts/index.ts';

const pageOf = (name: string) => new URL(`../contracts/${name}.md`, import.meta.url);

/** The rows of the table under a heading: what the document says of a name, and how it is read. */
function rowsUnder(page: string, heading: string): Record<string, { document: string; reading: string }> {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  const rows = section.matchAll(/^\| `([^`]+)` \| (.+?) \| (?:(.+) )?\|$/gm);
  return Object.fromEntries(
    [...rows].map(([, name = '', document = '', reading = '']) => [name, { document, reading }]),
  );
}

const readPage = (name: string) => {
  const page = readFileSync(pageOf(name), 'utf8');
  return {
    takes: rowsUnder(page, 'What clients say'),
    says: rowsUnder(page, 'What the server says'),
    routes: rowsUnder(page, 'Routes'),
  };
};
const namesIn = (named: object) => Object.keys(named).sort();

const contracts = Object.values(dialects).filter(({ name }) => name !== native.name);

describe.each(contracts)('the contract $name', ({ name, guests = [], routes, inbound, summaries }) => {
  it('has a page whose routes and events are those of the table, and of the transcript', () => {
    const { routes: described, takes, says } = readPage(name);
    const onPage = { routes: namesIn(described), emitted: namesIn(takes), heard: namesIn(says) };
    const inTable = {
      routes: [...guests, ...routes].map(({ method, path }) => `${method} ${path}`).sort(),
      emitted: Object.keys(inbound).sort(),
      heard: namesIn(summaries.says),
    };
    expect(inTable).toEqual(onPage);
    expect({ routes: namesIn(summaries.routes), emitted: namesIn(summaries.takes) }).toEqual({
      routes: onPage.routes,
      emitted: onPage.emitted,
    });
    const transcript = transcripts.find(({ dialect }) => dialect === name) ?? expect.fail('it has no transcript');
    expect(touchedBy(transcript)).toEqual(onPage);
  });
});

describe('what is written of contracts', () => {
  it('is in their documents as on their pages', async () => {
    const pages = Object.fromEntries(contracts.map(({ name }) => [name, readPage(name)]));
    await expect(`${JSON.stringify(pages, undefined, 2)}\n`).toMatchFileSnapshot('../contracts.golden.json');
  });

  it('is of contracts that there are', () => {
    const names = contracts.map(({ name }) => name).sort();
    expect(transcripts.map(({ dialect }) => dialect).sort()).toEqual(names);
    const pages = readdirSync(new URL('../contracts/', import.meta.url));
    expect(pages.sort()).toEqual(names.map((name) => `${name}.md`));
  });
});
