import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dialects } from '../src/index.ts';
import { touchedBy, transcripts } from '../transcripts/index.ts';

const pageOf = (name: string) => new URL(`../contracts/${name}.md`, import.meta.url);

/** The names in the first column of the table under a heading. */
function namesUnder(page: string, heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name).sort();
}

describe.each(transcripts)('the contract $dialect', (transcript) => {
  it('has a page whose routes and events are those of the table, and of the transcript', () => {
    const page = readFileSync(pageOf(transcript.dialect), 'utf8');
    const onPage = {
      routes: namesUnder(page, 'Routes'),
      emitted: namesUnder(page, 'What clients say'),
      heard: namesUnder(page, 'What the server says'),
    };
    expect(touchedBy(transcript)).toEqual(onPage);
    const { guests = [], routes, inbound } = dialects[transcript.dialect] ?? expect.fail('it has no table');
    expect({
      routes: [...guests, ...routes].map(({ method, path }) => `${method} ${path}`).sort(),
      emitted: Object.keys(inbound).sort(),
    }).toEqual({ routes: onPage.routes, emitted: onPage.emitted });
  });
});
