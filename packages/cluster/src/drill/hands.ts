import { setTimeout as after } from 'node:timers/promises';
import { order } from '../control.ts';
import type { Order } from '../operations.ts';
import { signalFamily } from '../processes/family.ts';
import { isAlive } from '../processes/identity.ts';
import type { Progress } from '../progress.ts';
import { type ClusterState, isRunning, type ProcessKind, readState, type RunningProcess } from '../state.ts';
import { Trouble } from '../trouble.ts';

/** What a drill does to a cluster: signals to its processes, and what an operator orders. */
export type Hands = {
  /** Ends one of a kind at once; who started it starts it again. */
  kill(kind: ProcessKind): Promise<void>;
  /** Lets one of a kind stand still, with all that it forked. */
  freeze(kind: ProcessKind, holdMs: number): Promise<void>;
  /** Takes a socket node out in order, and adds another. */
  drainOne(): Promise<void>;
  roll(): Promise<void>;
};

type Bound = { dir: string; perSecond: number; say: Progress };

const POLL_MS = 50;

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
    async drainOne() {
      const sockets = present(dir).processes.filter(({ kind }) => kind === 'socket');
      await obey({ name: 'drain', id: one('socket').name, overMs: undefined, perSecond });
      await obey({ name: 'scale', counts: { socket: sockets.length }, perSecond });
    },
    roll: () => obey({ name: 'roll', perSecond }),
  };
}

function present(dir: string): ClusterState {
  const state = readState(dir);
  if (state && isRunning(state)) return state;
  throw new Trouble('The cluster ended meanwhile.');
}
