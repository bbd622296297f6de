import { parseArgs } from 'node:util';
import type { Load } from '../generator/plan.ts';

export const dialectNames = ['native', 'direct-chat'] as const;
export type DialectName = (typeof dialectNames)[number];

export type Options = {
  rounds: number;
  /** How many rounds in all may be played again because others disturbed them. */
  repeats: number;
  warmUpMs: number;
  windowMs: number;
  clients: number;
  roomSize: number;
  nodes: number;
  load: Load;
  /** What the clients of our side speak; the usual stack has words of its own. */
  dialect: DialectName;
  throughHaproxy: boolean;
  /** One system alone, to look at it closely: no ratios then. */
  only: 'parley' | 'baseline' | undefined;
  /** Writes a CPU profile of every node to this folder. */
  profileDir: string | undefined;
  jsonPath: string;
};

export const usage = `pnpm bench:hot-path [options]

  --rounds <n>       rounds, each measuring both systems alone, in turned order (3)
  --repeats <n>      disturbed rounds that are played again, in all (3)
  --seconds <n>      length of one measured window (8)
  --warm-up <n>      seconds of load before it, until the hot code is compiled (6)
  --clients <n>      connected clients (200)
  --room-size <n>    members of each conversation (10; 2 in direct-chat, which knows no others)
  --dialect <name>   what the clients of our side speak: native or direct-chat (native)
  --nodes <n>        socket nodes (2)
  --window <n>       closed loop: messages that each client keeps in flight (1)
  --open <rate>      open loop instead: messages a second of all clients together
  --through-haproxy  through the load balancer instead of straight to the nodes
  --only <system>    parley or baseline
  --profile <dir>    CPU profiles of the nodes; with --only also flame.svg, all of them drawn together
  --json <file>      where the numbers go (loadtest/results/hot-path.json, or hot-path-<dialect>.json)
`;

const resultOf: Record<DialectName, string> = { native: 'hot-path', 'direct-chat': 'hot-path-direct-chat' };

/** @throws Error with a sentence for the person at the terminal */
export function readOptions(args: string[]): Options | 'help' {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      rounds: { type: 'string', default: '3' },
      repeats: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '8' },
      'warm-up': { type: 'string', default: '6' },
      clients: { type: 'string', default: '200' },
      'room-size': { type: 'string' },
      dialect: { type: 'string', default: 'native' },
      nodes: { type: 'string', default: '2' },
      window: { type: 'string', default: '1' },
      open: { type: 'string' },
      'through-haproxy': { type: 'boolean', default: false },
      only: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const clients = positive('clients', values.clients);
  const dialect = dialectNames.find((name) => name === values.dialect);
  if (!dialect) throw new Error(`--dialect takes ${dialectNames.join(' or ')}, not "${values.dialect}".`);
  const roomSize = positive('room-size', values['room-size'] ?? (dialect === 'native' ? '10' : '2'));
  if (dialect !== 'native' && roomSize !== 2) throw new Error(`${dialect} knows conversations of two only.`);
  if (clients % roomSize !== 0) throw new Error(`--clients ${clients} is no multiple of --room-size ${roomSize}.`);
  if (values.only !== undefined && values.only !== 'parley' && values.only !== 'baseline') {
    throw new Error(`--only takes parley or baseline, not "${values.only}".`);
  }
  return {
    rounds: positive('rounds', values.rounds),
    repeats: whole('repeats', values.repeats, 0),
    windowMs: positive('seconds', values.seconds) * 1000,
    warmUpMs: positive('warm-up', values['warm-up']) * 1000,
    clients,
    roomSize,
    nodes: positive('nodes', values.nodes),
    load: values.open
      ? { kind: 'open', rate: positive('open', values.open) }
      : { kind: 'closed', window: positive('window', values.window) },
    dialect,
    throughHaproxy: values['through-haproxy'],
    only: values.only,
    profileDir: values.profile,
    jsonPath: values.json ?? new URL(`../results/${resultOf[dialect]}.json`, import.meta.url).pathname,
  };
}

function positive(name: string, text: string): number {
  return whole(name, text, 1);
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= min) return value;
  throw new Error(`--${name} takes a whole number from ${min} on, not "${text}".`);
}
