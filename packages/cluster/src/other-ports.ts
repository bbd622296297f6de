import { holderOf, isFree } from './ports.ts';
import { start } from './typed.ts';
import { Trouble } from './trouble.ts';

/** Somewhere that a cluster listens for people: what it is for, where without an offset, and what chooses another port. */
export type Door = { what: string; otherwise: number; variable: string };

export type PortsChoice = {
  /** Moves every port that no variable chooses. */
  offset: number;
  /** `PARLEY_PORT_…` chooses single ports. */
  env: NodeJS.ProcessEnv;
  /** What else was typed after `start`, for the line that is pasted instead. */
  options?: readonly string[];
};

const OFFSET_STEP = 100;
/** The highest port is Redis's, and from 32768 on the system hands ports to outgoing connections. */
export const OFFSET_MAX = 16_000;
const PORT_MAX = 65_535;

/** @throws Trouble for a variable that holds no port */
export function portOf({ variable, otherwise }: Omit<Door, 'what'>, { offset, env }: PortsChoice): number {
  return chosen(env, variable) ?? otherwise + offset;
}

/** @throws Trouble that tells of every taken port who has it, and the one line that starts on ports that are free */
export async function requireFree(doors: readonly Door[], choice: PortsChoice, host: string): Promise<void> {
  const taken: Door[] = [];
  for (const door of doors) if (!(await isFree(portOf(door, choice), host))) taken.push(door);
  if (taken.length === 0) return;
  const lines = taken.map((door) => {
    const port = portOf(door, choice);
    return `  ${port} (${door.what}): ${holderOf(port) ?? 'another process, which this user may not see'}`;
  });
  const line = await otherLine(doors, taken, choice, host);
  throw new Trouble(`These ports are taken:\n${lines.join('\n')}`, line === undefined ? [] : [line]);
}

/** What was typed, with an offset and variables under which every port is free; `undefined` when there is none. */
async function otherLine(
  doors: readonly Door[],
  taken: readonly Door[],
  choice: PortsChoice,
  host: string,
): Promise<string | undefined> {
  const { env, options = [] } = choice;
  const isChosen = ({ variable }: Door): boolean => chosen(env, variable) !== undefined;
  const used = new Set(doors.filter((door) => isChosen(door) && !taken.includes(door)).map((d) => portOf(d, choice)));
  const free = async (port: number): Promise<boolean> => !used.has(port) && (await isFree(port, host));

  const movable = doors.filter((door) => !isChosen(door));
  const move = movable.some((door) => taken.includes(door));
  const offset = move ? await otherOffset(movable, choice.offset, free) : choice.offset;
  if (offset === undefined) return undefined;
  for (const { otherwise } of movable) used.add(otherwise + offset);

  const variables = new Map(Object.entries(env).filter(([name, value]) => name.startsWith('PARLEY_PORT_') && value));
  for (const door of taken.filter(isChosen)) {
    let port = portOf(door, choice) + 1;
    while (port < PORT_MAX && !(await free(port))) port++;
    used.add(port);
    variables.set(door.variable, String(port));
  }
  const words = [...withoutOffset(options), ...(offset === 0 ? [] : ['--port-offset', String(offset)])];
  return [...[...variables].map(([name, value]) => `${name}=${value}`), start(...words)].join(' ');
}

async function otherOffset(
  doors: readonly Door[],
  from: number,
  free: (port: number) => Promise<boolean>,
): Promise<number | undefined> {
  for (let offset = from + OFFSET_STEP; offset <= OFFSET_MAX; offset += OFFSET_STEP) {
    const all = await Promise.all(doors.map(({ otherwise }) => free(otherwise + offset)));
    if (all.every(Boolean)) return offset;
  }
  return undefined;
}

function withoutOffset(options: readonly string[]): string[] {
  return options.filter((word, index) => !word.startsWith('--port-offset') && options[index - 1] !== '--port-offset');
}

function chosen(env: NodeJS.ProcessEnv, variable: string): number | undefined {
  const text = env[variable];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= PORT_MAX) return port;
  throw new Trouble(`${variable} is "${text}", which is no port.`, [`Choose a number from 1 to ${PORT_MAX}.`]);
}
