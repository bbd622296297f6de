import { describe, it } from 'vitest';
import { dialects } from '../src/index.ts';
import { transcripts } from '../transcripts/index.ts';
import { playOnTable } from './support/table.ts';

describe.each(transcripts)('the table of $dialect', (transcript) => {
  it.each(transcript.scenes)('$title', async (scene) => {
    const dialect = dialects[transcript.dialect];
    if (!dialect) throw new Error(`no dialect is called ${transcript.dialect}`);
    await playOnTable(dialect, transcript, scene);
  });
});
