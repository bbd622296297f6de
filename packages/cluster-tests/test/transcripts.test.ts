import { transcripts } from '@parley/dialects/transcripts';
import { beforeEach, describe, it } from 'vitest';
import { playTranscript, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

describe.each(transcripts)('$dialect, as its document says', (transcript) => {
  it.each(transcript.scenes)('$title', async (scene) => {
    await playTranscript(cluster, transcript, scene);
  });

  it.each(transcript.scenes)('$title, on one node', async (scene) => {
    await cluster.withNewSessionsOn(['s1'], () => playTranscript(cluster, transcript, scene));
  });
});
