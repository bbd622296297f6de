import { transcripts } from '@parley/dialects/transcripts';
import { beforeAll, describe, it } from 'vitest';
import { playTranscript, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeAll(() => cluster.whole());

describe.each([
  { where: 'on all nodes', nodes: undefined },
  { where: 'on one node', nodes: ['s1'] },
])('$where', ({ nodes }) => {
  beforeAll(async () => (nodes ? cluster.newSessionsOn(nodes) : undefined));

  // Spaces know nothing of each other, so that all five are played at once. Within one, a scene may ask to be alone.
  describe.concurrent.each(transcripts)('$dialect, as its document says', (transcript) => {
    it.each(transcript.scenes)('$title', { concurrent: false }, async (scene) => {
      await playTranscript(cluster, transcript, scene);
    });
  });
});
