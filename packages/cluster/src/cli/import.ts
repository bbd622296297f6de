import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { idsIn } from '../moving/ids.ts';
import { openFile } from '../moving/lines.ts';
import { type Bad, moveIn } from '../moving/move-in.ts';
import { openStore } from '../store.ts';
import { Trouble } from '../trouble.ts';
import { tellCount } from './count.ts';
import { print } from './terminal.ts';
import { notRunning, spaceOf, whichCluster } from './which-cluster.ts';

export type ImportOptions = { dir: string; skipBad?: string };

/** Brings what a product has into its space; a file that was read before changes nothing. */
export async function importFile(space: string, file: string, { dir, skipBad }: ImportOptions): Promise<void> {
  const which = whichCluster(dir);
  const { dialect } = spaceOf(which, space);
  if (which.databaseUrl === undefined) throw notRunning(which, 'or name its database: DATABASE_URL=postgres://…');
  const collected = skipBad === undefined ? undefined : collector(skipBad);
  const count = tellCount('lines read');
  await using store = await openStore(which.databaseUrl);
  try {
    const judge = idsIn(dialect);
    const onBad = collected?.take;
    const read = await moveIn(openFile(file), { store, space, judge, onBad, progress: count.reached });
    count.done();
    print(
      `${read} lines are in space ${space}${collected ? `, but ${await collected.end()} that are in ${skipBad}` : ''}`,
    );
  } catch (error) {
    count.done();
    throw readable(error, file);
  }
}

/** Writes refused lines into a file of their own, each with its number and why. */
function collector(file: string) {
  const out = createWriteStream(file);
  let bad = 0;
  return {
    take: async (lines: readonly Bad[]): Promise<void> => {
      bad += lines.length;
      if (!out.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))) await once(out, 'drain');
    },
    end: async (): Promise<number> => {
      out.end();
      await once(out, 'close');
      return bad;
    },
  };
}

const unreadable: Record<string, string> = {
  ENOENT: 'There is no such file',
  EACCES: 'Nobody lets this user read or write it',
  EISDIR: 'This is a folder',
  Z_DATA_ERROR: 'It was not packed with gzip',
  Z_BUF_ERROR: 'It was cut: its end is missing',
};

function readable(error: unknown, file: string): unknown {
  const why = error instanceof Error && 'code' in error ? unreadable[String(error.code)] : undefined;
  return why === undefined
    ? error
    : new Trouble(`${why}: ${file}`, ['Name the file of lines, or - for a pipe.'], error);
}
