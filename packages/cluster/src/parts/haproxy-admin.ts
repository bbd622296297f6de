import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Trouble } from '../trouble.ts';

/** One place for a node, as HAProxy sees it. An empty one is in maintenance. */
export type Slot = {
  backend: 'sockets' | 'api';
  slot: string;
  address: string;
  port: number;
  privatePort: number;
  /** HAProxy's word: `UP`, `DOWN`, `NOLB` (draining), `MAINT` (empty) … */
  status: string;
  /** Sessions now, requests since HAProxy started, failed connection tries. */
  sessions: number;
  total: number;
  failures: number;
};

export type NodeAddress = { host: string; port: number; privatePort: number };

/** HAProxy's runtime API: what changes slots without a reload. Every method throws `Trouble` when it cannot be reached. */
export type Balancer = {
  /** Puts a ready node into a slot; it gets clients at once. */
  fill: (backend: Slot['backend'], slot: string, node: NodeAddress) => Promise<void>;
  /** No new client is sent to this node; long-polling sessions stay with it. */
  drain: (backend: Slot['backend'], slot: string) => Promise<void>;
  /** Takes a slot out of use: no client is sent there any more, running connections stay. */
  empty: (backend: Slot['backend'], slot: string) => Promise<void>;
  slots: () => Promise<Slot[]>;
  /** `show info`, by name. */
  info: () => Promise<Map<string, string>>;
  /** Whether the process with this pid answers: an old one may still hold the socket for a moment. */
  answersAs: (pid: number) => Promise<boolean>;
  /** Sends commands (`;` between them) as they are; the answer in full. */
  ask: (commands: string) => Promise<string>;
};

const ANSWER_MS = 2_000;

export function openBalancer(socketPath: string): Balancer {
  const ask = (commands: string): Promise<string> => askSocket(socketPath, commands);

  const set = async (backend: string, slot: string, changes: readonly string[]): Promise<void> => {
    const said = await ask(changes.map((change) => `set server ${backend}/${slot} ${change}`).join('; '));
    // Only a change of address is answered with words of success; everything else is silent or an error.
    const wrong = said
      .split('\n')
      .filter((line) => line.trim() !== '' && !/changed|no need to change|nothing changed/.test(line));
    if (wrong.length > 0) throw new Trouble(`HAProxy refused to change ${backend}/${slot}: ${wrong.join(' ')}`);
  };

  const info = async (): Promise<Map<string, string>> => {
    const lines = (await ask('show info')).split('\n').map((line) => line.split(/:\s*/, 2));
    return new Map(lines.map(([name = '', value = '']) => [name, value]));
  };

  return {
    ask,
    info,
    fill: (backend, slot, { host, port, privatePort }) =>
      set(backend, slot, [
        `addr ${host} port ${port}`,
        `check-addr ${host} port ${privatePort}`,
        'health up',
        'state ready',
      ]),
    drain: (backend, slot) => set(backend, slot, ['state drain']),
    empty: (backend, slot) => set(backend, slot, ['state maint']),
    async slots() {
      const [states, stats] = await Promise.all([ask('show servers state'), ask('show stat')]);
      return readSlots(states, stats);
    },
    async answersAs(pid) {
      try {
        return (await info()).get('Pid') === String(pid);
      } catch (error) {
        if (error instanceof Trouble) return false;
        throw error;
      }
    },
  };
}

async function askSocket(path: string, commands: string): Promise<string> {
  const socket = connect({ path, timeout: ANSWER_MS });
  socket.once('timeout', () => socket.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
  try {
    // Not `end`: HAProxy takes a half-closed client for one that has gone. It closes by itself after the answer.
    socket.write(`${commands}\n`);
    return await text(socket);
  } catch (cause) {
    throw new Trouble(`HAProxy's runtime API at ${path} cannot be reached: ${String(cause)}`, [], cause);
  }
}

/** Joins the two tables that HAProxy prints: one knows addresses, the other knows numbers. */
function readSlots(states: string, stats: string): Slot[] {
  const numbers = new Map(readTable(stats, ',').map((row) => [`${row['pxname']}/${row['svname']}`, row]));
  return readTable(states.replace(/^\d+\n/, ''), ' ')
    .filter((row) => row['be_name'] === 'sockets' || row['be_name'] === 'api')
    .map((row) => {
      const counted = numbers.get(`${row['be_name']}/${row['srv_name']}`) ?? {};
      return {
        backend: row['be_name'] === 'api' ? 'api' : 'sockets',
        slot: row['srv_name'] ?? '',
        address: row['srv_addr'] ?? '',
        port: Number(row['srv_port']),
        privatePort: Number(row['srv_check_port']),
        status: counted['status'] ?? '',
        sessions: Number(counted['scur'] ?? 0),
        total: Number(counted['stot'] ?? 0),
        failures: Number(counted['econ'] ?? 0),
      };
    });
}

/** A header after `# `, then rows. */
function readTable(table: string, separator: string): Record<string, string>[] {
  const [header = '', ...rows] = table.trim().split('\n');
  const names = header.replace(/^#\s*/, '').split(separator);
  return rows
    .filter((row) => row.trim() !== '')
    .map((row) => {
      const values = row.split(separator);
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
    });
}
