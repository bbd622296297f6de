import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createFileLinks, filesSecretIn, type Space } from '@parley/node-kit';
import { openStore } from '../store.ts';
import { tellCount } from './count.ts';
import { notRunning, spaceOf, type WhichCluster, whichCluster } from './which-cluster.ts';

/** Writes everything of a space to stdout, as `importFile` reads it, as fast as it is taken. */
export async function exportSpace(space: string, { dir }: { dir: string }): Promise<void> {
  const which = whichCluster(dir);
  const links = linksOf(which, spaceOf(which, space));
  if (which.databaseUrl === undefined) throw notRunning(which, 'or name its database: DATABASE_URL=postgres://…');
  const count = tellCount('lines written');
  await using store = await openStore(which.databaseUrl, (file) => links.linkOf(file));
  try {
    await pipeline(Readable.from(counted(store.exportLines(space), count.reached)), process.stdout, { end: false });
  } catch (error) {
    // Whoever reads has enough, as `head` does.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  } finally {
    count.done();
  }
}

/** Of the files that messages carry the lines have links, as clients have them. */
function linksOf({ state }: WhichCluster, space: Space) {
  const urls = new Map(Object.entries(state?.urls ?? {}));
  return createFileLinks({ filesSecret: filesSecretIn(process.env), urls }, new Map([[space.name, space]]));
}

async function* counted(lines: AsyncIterable<string>, reached: (count: number) => void): AsyncGenerator<string> {
  let count = 0;
  for await (const line of lines) {
    yield line;
    reached(++count);
  }
}
