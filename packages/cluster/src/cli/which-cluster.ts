import { loadSpaces, type Space } from '@parley/node-kit';
import { serverUrls } from '../server-urls.ts';
import { defaultSpacesPath } from '../setting.ts';
import { type ClusterState, isRunning, readState } from '../state.ts';
import { NotRunning, Trouble } from '../trouble.ts';
import { inFolder, start } from '../typed.ts';

/** The cluster that a command is about: the one that runs from a folder, else the one that the environment names. */
export type WhichCluster = {
  /** Only of a cluster that was started from `dir` and runs. */
  state: ClusterState | undefined;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  /** Where presence is, when it is not at `redisUrl`. */
  presenceRedisUrl: string | undefined;
  adminSocket: string | undefined;
  spacesPath: string;
  dir: string;
};

export function whichCluster(dir: string, env: NodeJS.ProcessEnv = process.env): WhichCluster {
  const found = readState(dir);
  const state = found && isRunning(found) ? found : undefined;
  const { databaseUrl, redisUrl, presenceRedisUrl } = state ?? named(env);
  return {
    state,
    dir,
    databaseUrl,
    redisUrl,
    presenceRedisUrl,
    adminSocket: state?.adminSocket ?? env['PARLEY_ADMIN_SOCKET'],
    spacesPath: state?.spacesPath ?? env['PARLEY_SPACES'] ?? defaultSpacesPath,
  };
}

function named(env: NodeJS.ProcessEnv): Pick<WhichCluster, 'databaseUrl' | 'redisUrl' | 'presenceRedisUrl'> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, PRESENCE_REDIS_URL: presenceRedisUrl } = serverUrls(env);
  return { databaseUrl, redisUrl, presenceRedisUrl };
}

/** @throws Trouble when there is no such space */
export function spaceOf({ spacesPath }: WhichCluster, name: string): Space {
  const spaces = loadSpaces(spacesPath, process.env);
  const space = spaces.get(name);
  if (space) return space;
  throw new Trouble(`There is no space "${name}" in ${spacesPath}.`, [`Spaces: ${[...spaces.keys()].join(', ')}`]);
}

/** Where clients of a space connect: in the cluster that runs here, else PARLEY_URL. @throws Trouble when there is no such space, or no cluster */
export function urlOf(which: WhichCluster, space: string, env: NodeJS.ProcessEnv = process.env): string {
  // First: a name that is mistyped is no reason to start a cluster.
  spaceOf(which, space);
  const url = which.state?.urls[space] ?? env['PARLEY_URL'];
  if (url === undefined) throw notRunning(which, 'or name the base URL of the space: PARLEY_URL=https://…');
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new Trouble('PARLEY_URL has to look like https://chat.example: it is where clients of the space connect.');
}

export const notRunning = ({ dir }: Pick<WhichCluster, 'dir'>, otherwise: string): NotRunning =>
  new NotRunning(`No cluster runs from ${dir}.`, [start(...inFolder(dir)), otherwise]);
