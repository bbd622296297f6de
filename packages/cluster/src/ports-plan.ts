import type { Spaces } from '@parley/node-kit';
import { Trouble } from './trouble.ts';
import { freePort, requireFree, type WantedPort } from './ports.ts';

export type PortsPlan = {
  /** Where each space listens, by its name. */
  spaces: ReadonlyMap<string, number>;
  stats: number;
  postgres: number;
  redis: number;
};

export type PortsChoice =
  /** Any free ones: for tests and measurements that run beside each other. */
  | 'free'
  /** The ports of the spaces file, moved by `offset`; `PARLEY_PORT_…` of `env` chooses single ones. */
  | { offset: number; env: NodeJS.ProcessEnv };

const STATS_PORT = 8404;
/** Where the embedded servers are looked for first, so that a saved `psql` line keeps working. */
const POSTGRES_PORT = 15_432;
const REDIS_PORT = 16_379;

/** The variable that chooses the port of a space: `PARLEY_PORT_TUTOR_GO`. */
export const portVariable = (space: string): string => `PARLEY_PORT_${space.toUpperCase().replaceAll('-', '_')}`;

/** @throws Trouble naming every port that is taken, by whom, and how to choose others */
export async function planPorts(spaces: Spaces, choice: PortsChoice): Promise<PortsPlan> {
  const names = [...spaces.keys()];
  if (choice === 'free') {
    const found = new Map<string, number>();
    for (const name of names) found.set(name, await freePort());
    return { spaces: found, stats: await freePort(), postgres: await freePort(), redis: await freePort() };
  }
  const { offset, env } = choice;
  const chosen = (variable: string, otherwise: number): number => read(env, variable) ?? otherwise + offset;
  const wanted: WantedPort[] = [];
  const found = new Map<string, number>();
  for (const [name, space] of spaces) {
    // A space that is known by its hosts only has no port of its own.
    if (space.port === undefined) continue;
    const variable = portVariable(name);
    found.set(name, chosen(variable, space.port));
    wanted.push({ port: chosen(variable, space.port), what: `space ${name}`, variable });
  }
  const stats = chosen('PARLEY_PORT_STATS', STATS_PORT);
  wanted.push({ port: stats, what: 'statistics', variable: 'PARLEY_PORT_STATS' });
  await requireFree(wanted, env['PARLEY_LISTEN'] ?? '127.0.0.1', [
    `Or move all of them: pnpm start --port-offset ${offset + 100}`,
  ]);
  return {
    spaces: found,
    stats,
    postgres: await freePort(chosen('PARLEY_PORT_POSTGRES', POSTGRES_PORT)),
    redis: await freePort(chosen('PARLEY_PORT_REDIS', REDIS_PORT)),
  };
}

function read(env: NodeJS.ProcessEnv, variable: string): number | undefined {
  const text = env[variable];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Trouble(`${variable} is "${text}", which is no port.`, ['Choose a number from 1 to 65535.']);
}
