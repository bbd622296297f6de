import { everySuite } from './support/every-suite.ts';
import { openStage } from './support/stage.ts';

/** Two nodes on one database; who asks again gets the other one. */
async function twoNodes() {
  const stage = await openStage();
  const [one, two] = [await stage.node(), await stage.node()];
  let asked = 0;
  return { node: async () => (asked++ % 2 ? two : one), close: stage.close };
}

everySuite('in PostgreSQL', twoNodes);
