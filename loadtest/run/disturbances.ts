import { setTimeout as after } from 'node:timers/promises';
import { type RunningProcess, Trouble } from '@parley/cluster';
import WebSocket from 'ws';
import { eventHead, socketUrl, connectFrame } from '../lib/wire.ts';
import { type Plan, type Seat, secondsOf } from '../scenarios/plan.ts';
import type { Disturbance } from '../scenarios/table.ts';
import type { Target } from './target.ts';

type Scene = { target: Target; plan: Plan; seats: readonly Seat[]; say: (line: string) => void; signal: AbortSignal };

/** Runs beside the crowd, from its first connection on, and ends with it. */
export const disturbances: Record<Disturbance, (scene: Scene) => Promise<void>> = {
  async 'kill-node'({ target, plan, say, signal }) {
    await after(talkMs(plan, 1 / 3), undefined, { signal });
    const [victim] = socketNodes(target);
    if (!victim) throw new Trouble('No socket node runs here that could be killed.');
    say(`kill -9 of ${victim.name}`);
    process.kill(victim.identity.pid, 'SIGKILL');
  },

  async 'rolling-restart'({ target, plan, say, signal }) {
    await after(talkMs(plan, 1 / 6), undefined, { signal });
    for (const { name, identity } of socketNodes(target)) {
      say(`${name} drains and starts again`);
      process.kill(identity.pid, 'SIGTERM');
      while (!(await isBack(target, name, identity.pid))) await after(100, undefined, { signal });
    }
    say('every socket node is new');
  },

  async 'slow-readers'({ plan, seats, say, signal }) {
    await after(talkMs(plan, 0), undefined, { signal });
    const slow = seats.filter((_, i) => i % slowEvery === 0).map(({ token }) => openSlow(plan.url, token));
    say(`${slow.length} sockets stop reading`);
    signal.addEventListener('abort', () => slow.forEach((socket) => socket.terminate()), { once: true });
  },
};

/** Which of them can be done to this cluster, before anything is prepared. @throws Trouble */
export function requireLocal(disturbance: Disturbance | undefined, target: Target): void {
  if (disturbance === undefined || disturbance === 'slow-readers' || target.state()) return;
  throw new Trouble(`${disturbance} needs a cluster that was started on this machine.`, [
    'Without --url, it is the one that runs from .parley (or --dir <folder>).',
  ]);
}

const slowEvery = 10;

const talkMs = (plan: Plan, share: number): number => {
  const { connectSeconds } = plan.size;
  return (connectSeconds + (secondsOf(plan.size) - connectSeconds) * share) * 1000;
};

const socketNodes = (target: Target): RunningProcess[] =>
  (target.state()?.processes ?? []).filter(({ kind }) => kind === 'socket');

async function isBack(target: Target, name: string, formerPid: number): Promise<boolean> {
  const now = socketNodes(target).find((node) => node.name === name);
  if (!now || now.identity.pid === formerPid) return false;
  try {
    return (await fetch(`http://127.0.0.1:${now.privatePort}/readyz`)).status === 200;
  } catch {
    // Not listening yet.
    return false;
  }
}

/** Another device of somebody in the crowd: it comes in, and then never reads again. */
function openSlow(url: string, token: string): WebSocket {
  const socket = new WebSocket(socketUrl(url));
  socket.on('message', (data) => {
    const frame = Buffer.isBuffer(data) ? data.toString() : '';
    if (frame.startsWith('0')) socket.send(connectFrame({ token }));
    else if (frame.startsWith(eventHead('session.ready'))) socket.pause();
  });
  // It is meant to be cut.
  socket.on('error', () => undefined);
  return socket;
}
