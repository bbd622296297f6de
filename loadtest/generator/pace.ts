import type { Plan } from './plan.ts';

export type Pace = {
  /** Called when a message of this client was stored. */
  answered(client: number): void;
  stop(): void;
};

/** When a client sends; `atMs` is when it should have, on the clock of `performance.now()`. */
export type Send = (client: number, atMs: number) => void;

export function startPace(plan: Plan, send: Send): Pace {
  const { load } = plan;
  switch (load.kind) {
    case 'closed':
      return startClosed(sendersOf(plan), load.window, send);
    case 'open':
      return startOpen(sendersOf(plan), load.rate, send);
    case 'lone':
      return startLone(sendersOf(plan), load.pauseMs, send);
    case 'idle':
      return { answered() {}, stop() {} };
  }
}

/** The clients that send, by their places among the seats. */
export function sendersOf({ seats, roomSize, senders }: Pick<Plan, 'seats' | 'roomSize' | 'senders'>): number[] {
  return [...seats.keys()].filter((client) => client % roomSize < senders);
}

/** Each client keeps its window full. */
function startClosed(senders: readonly number[], window: number, send: Send): Pace {
  let stopped = false;
  for (const client of senders) {
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
function startOpen(senders: readonly number[], rate: number, send: Send): Pace {
  const perMs = rate / 1000;
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - start) * perMs) + 1;
    for (; sent < due; sent += 1) send(senders[(sent * stride) % senders.length]!, start + sent / perMs);
  }, tickMs);
  return {
    answered() {},
    stop: () => clearInterval(timer),
  };
}

/** One after the other in turn, and nothing else is under way meanwhile. */
function startLone(senders: readonly number[], pauseMs: number, send: Send): Pace {
  let sent = 0;
  const next = () => send(senders[sent++ % senders.length]!, performance.now());
  let timer: NodeJS.Timeout | undefined = setTimeout(next);
  return {
    answered() {
      timer &&= setTimeout(next, pauseMs);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
