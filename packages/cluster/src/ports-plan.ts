import { portVariable, type Spaces } from '@parley/node-kit';
import { type Door, portOf, type PortsChoice as Chosen, requireFree } from './other-ports.ts';
import { freePort } from './ports.ts';

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
  /** The ports of the spaces file, moved by an offset, or chosen one by one. */
  | Chosen;

const STATS_PORT = 8404;
/** Where the embedded servers are looked for first, so that a saved `psql` line keeps working. */
const POSTGRES_PORT = 15_432;
const REDIS_PORT = 16_379;

/** @throws Trouble naming every port that is taken, by whom, and the line that starts on others */
export async function planPorts(spaces: Spaces, choice: PortsChoice): Promise<PortsPlan> {
  const names = [...spaces.keys()];
  if (choice === 'free') {
    const found = new Map<string, number>();
    for (const name of names) found.set(name, await freePort());
    return { spaces: found, stats: await freePort(), postgres: await freePort(), redis: await freePort() };
  }
  const doors = new Map<string, Door>();
  for (const [name, { port }] of spaces) {
    // A space that is known by its hosts only has no port of its own.
    if (port !== undefined) doors.set(name, { what: `space ${name}`, otherwise: port, variable: portVariable(name) });
  }
  const stats: Door = { what: 'statistics', otherwise: STATS_PORT, variable: 'PARLEY_PORT_STATS' };
  await requireFree([...doors.values(), stats], choice, choice.env['PARLEY_LISTEN'] ?? '127.0.0.1');
  const near = (variable: string, otherwise: number): Promise<number> =>
    freePort(portOf({ variable, otherwise }, choice));
  return {
    spaces: new Map([...doors].map(([name, door]) => [name, portOf(door, choice)])),
    stats: portOf(stats, choice),
    postgres: await near('PARLEY_PORT_POSTGRES', POSTGRES_PORT),
    redis: await near('PARLEY_PORT_REDIS', REDIS_PORT),
  };
}
