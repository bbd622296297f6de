import type { Plan } from './plan.ts';

export type Pace = {
  /** Called when a message of this client was stored. */
  answered(client: number): void;
  stop(): void;
};

/** When a client sends; `atMs` is when it should have, on the clock of `performance.now()`. */
export type Send = (client: number, atMs: number) => void;

/** Each client keeps its window full. */
export function startClosed({ seats, load }: Plan, send: Send): Pace {
  const window = load.kind === 'closed' ? load.window : 0;
  let stopped = false;
  for (let client = 0; client < seats.length; client += 1) {
    for (let i = 0; i < window; i += 1) send(client, performance.now());
  }
  return {
    answered(client) {
      if (!stopped) send(client, performance.now());
    },
    stop() {
      stopped = true;
    },
  };
}

const tickMs = 1;
/** A prime that divides no sensible number of clients: neighbours in time are strangers to each other. */
const stride = 7_919;

/** The schedule goes on whether the system answers or not, so that a stall is felt by everybody it would have hit. */
export function startOpen({ seats, load }: Plan, send: Send): Pace {
  const perMs = load.kind === 'open' ? load.rate / 1000 : 0;
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - start) * perMs);
    for (; sent < due; sent += 1) send((sent * stride) % seats.length, start + sent / perMs);
  }, tickMs);
  return {
    answered() {},
    stop: () => clearInterval(timer),
  };
}
