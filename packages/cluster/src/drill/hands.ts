import { setTimeout as after } from 'node:timers/promises';
import { order } from '../control.ts';
import type { NodeKind } from '../node-process.ts';
import type { Order } from '../operations.ts';
import { signalFamily } from '../processes/family.ts';
import { isAlive } from '../processes/identity.ts';
import type { Progress } from '../progress.ts';
import { type ClusterState, isRunning, type ProcessKind, readState, type RunningProcess } from '../state.ts';
import { Trouble } from '../trouble.ts';
import { press } from './press.ts';

/** What a drill does to a cluster: signals to its processes, and what an operator orders. */
export type Hands = {
  /** Ends one of a kind at once; who started it starts it again. */
  kill(kind: ProcessKind): Promise<void>;
  /** Lets one of a kind stand still, with all that it forked. */
  freeze(kind: ProcessKind, holdMs: number): Promise<void>;
  /** Lets one of a kind stand still until every node calls itself broken. */
  freezeUntilBroken(kind: ProcessKind): Promise<void>;
  /** Asks one node of a kind for more than it can do, and everybody on it waits. */
  press(kind: NodeKind, holdMs: number): Promise<void>;
  /** Takes a socket node out in order, and adds another. */
  drainOne(): Promise<void>;
  roll(): Promise<void>;
};

type Bound = { dir: string; perSecond: number; say: Progress };

const POLL_MS = 50;
/** A node believes it after five signs of life that did not come, of up to five seconds each. */
const BROKEN_WITHIN_MS = 60_000;
/** From here on `EventLoopBusy` counts. */
const BUSY_MIN = 0.9;

export function handsOn({ dir, perSecond, say }: Bound): Hands {
  const obey = (wanted: Order) => order(present(dir).controlSocket, wanted, say);
  const one = (kind: ProcessKind): RunningProcess => {
    const found = present(dir).processes.find((process) => process.kind === kind && isAlive(process.identity));
    if (found) return found;
    throw new Trouble(`No process of the cluster is ${kind}: it is not there, or runs elsewhere.`);
  };

  return {
    async kill(kind) {
      const { name, identity } = one(kind);
      say(`${name} is killed`);
      signalFamily(identity.pid, 'SIGKILL');
      while (isAlive(identity)) await after(POLL_MS);
    },
    async freeze(kind, holdMs) {
      const { name, identity } = one(kind);
      say(`${name} stands still`);
      signalFamily(identity.pid, 'SIGSTOP');
      try {
        await after(holdMs);
      } finally {
        signalFamily(identity.pid, 'SIGCONT');
      }
    },
    async freezeUntilBroken(kind) {
      const { name, identity } = one(kind);
      say(`${name} stands still`);
      signalFamily(identity.pid, 'SIGSTOP');
      try {
        await allBroken(present(dir).processes);
        say('every node calls itself broken');
      } finally {
        signalFamily(identity.pid, 'SIGCONT');
      }
    },
    async press(kind, holdMs) {
      const { name, port, privatePort = 0 } = one(kind);
      const pressing = await press({ port, privatePort });
      try {
        say(`${name} is asked for more than it can do`);
        await after(holdMs);
        const busy = await pressing.busy();
        say(`${name} was busy for ${Math.round(busy * 100)} % of the time`);
        if (busy < BUSY_MIN) throw new Trouble(`${name} could not be made busy, so nothing was rehearsed by it.`);
      } finally {
        pressing.end();
      }
    },
    async drainOne() {
      const sockets = present(dir).processes.filter(({ kind }) => kind === 'socket');
      await obey({ name: 'drain', id: one('socket').name, overMs: undefined, perSecond });
      await obey({ name: 'scale', counts: { socket: sockets.length }, perSecond });
    },
    roll: () => obey({ name: 'roll', perSecond }),
  };
}

async function allBroken(processes: readonly RunningProcess[]): Promise<void> {
  const deadline = performance.now() + BROKEN_WITHIN_MS;
  for (const { name, privatePort } of processes) {
    if (privatePort === undefined) continue;
    while ((await fetch(`http://127.0.0.1:${privatePort}/readyz`)).status !== 503) {
      if (performance.now() > deadline) throw new Trouble(`${name} still calls itself ready.`);
      await after(POLL_MS);
    }
  }
}

function present(dir: string): ClusterState {
  const state = readState(dir);
  if (state && isRunning(state)) return state;
  throw new Trouble('The cluster ended meanwhile.');
}
