/**
 * What a crowd does: they connect, talk at a given pace whatever the servers do, and settle; every one of them keeps
 * account of what it heard. Runs in k6 and in Node.
 */
import { createMember, type Findings } from '../lib/oracle.ts';
import type { OpenWire } from '../lib/socket.ts';
import type { Measure } from './metrics.ts';
import { type Client, createClient } from './person.ts';
import { awaySecondsMax, inTimeMs, type Plan, type Seat, sampleEvery, settleSeconds } from './plan.ts';
import { watchTruth } from './presence.ts';

export type World = {
  plan: Plan;
  /** Those of this event loop. */
  seats: readonly Seat[];
  open: OpenWire;
  measure: Measure;
  /** Hears of each step, from 0, when it begins. */
  stepped?: (step: number) => void;
  /** Everything is over, and nothing is left running. */
  done?: () => void;
  random?: () => number;
};

/** After the last client was to connect: so long nobody speaks. */
const quietMs = 500;
/** So long those are waited for who are not in by then. */
const latestSeconds = 10;
/** The news that the last one came back reaches everybody within this time. */
const newsMs = 2_000;
/** A prime that divides no sensible number of clients: neighbours in time are strangers to each other. */
const stride = 7_919;
/** So many are asked whether they are here, before one speaks all the same. */
const triesMax = 20;

export function play(world: World): void {
  const { plan, seats, random = Math.random } = world;
  const { size } = plan;
  /** By conversation: the highest acknowledged counter of each sender here, plus one. */
  const stored = new Map(seats.map(({ conversationId }) => [conversationId, new Map<number, number>()]));
  let inTime = 0;
  const measure: Measure = (name, value) => {
    if (name === 'parley_ack_ms' && value <= inTimeMs) inTime += 1;
    world.measure(name, value);
  };
  const delivered = batched(measure);
  const truth = watchTruth(measure);
  const findings = findingsOf(plan, measure, delivered.add);
  const clients = seats.map((seat) =>
    createClient({
      ...world,
      seat,
      random,
      measure,
      member: createMember(findings),
      stored: stored.get(seat.conversationId) ?? new Map<number, number>(),
      truth,
    }),
  );
  const senders = clients.filter(({ seat }) => isSender(seat, plan));
  const perLoop = senders.length / Math.max(1, sendersIn(plan));

  clients.forEach((client, i) => setTimeout(() => client.enter(), (i * size.connectSeconds * 1000) / clients.length));
  setTimeout(begin, size.connectSeconds * 1000 + quietMs, Date.now() + (size.connectSeconds + latestSeconds) * 1000);

  /** When everybody is here: in a contract without numbers, who comes later never hears what was said. */
  function begin(latestMs: number): void {
    if (clients.every((client) => client.arrived()) || Date.now() >= latestMs) step(0);
    else setTimeout(begin, quietMs, latestMs);
  }

  function step(index: number): void {
    const current = size.steps[index];
    if (!current) return settle();
    world.stepped?.(index);
    const durationMs = current.seconds * 1000;
    const fromMs = Date.now();
    const perMs = (current.perSecond * perLoop) / 1000;
    const due = Math.round(perMs * durationMs);
    let sent = 0;
    inTime = 0;
    tick();
    // The schedule goes on while the servers stall, so that everybody who would have been hit is counted.
    function tick(): void {
      const passedMs = Math.min(Date.now() - fromMs, durationMs);
      for (; sent < due && sent < passedMs * perMs; sent += 1) {
        nextHere(sent * stride)?.say(fromMs + sent / perMs);
      }
      if (passedMs >= durationMs) return plan.untilLate && inTime < due / 2 ? settle() : step(index + 1);
      const nextMs = sent < due ? Math.ceil(sent / perMs - passedMs) : durationMs;
      setTimeout(tick, Math.min(nextMs, durationMs - passedMs));
    }
  }

  /** Who has gone away says nothing; who was cut does not know it. */
  function nextHere(from: number): Client | undefined {
    const turn = (i: number): Client | undefined => senders[(from + i) % senders.length];
    for (let i = 0; i < triesMax; i += 1) if (turn(i)?.here()) return turn(i);
    return turn(0);
  }

  /** Waits for those who are away: what they lack until then is no fault. */
  function settle(): void {
    for (const client of clients) client.stay();
    gather(Date.now() + (awaySecondsMax(plan) + settleSeconds) * 1000);
  }

  function gather(latestMs: number): void {
    const isComplete = clients.every((client) => client.here());
    if (!isComplete && Date.now() < latestMs) setTimeout(gather, quietMs, latestMs);
    else setTimeout(judge, plan.habits.watching ? newsMs : 0);
  }

  /** Ends as soon as everybody has everything, and gives up after the time in which that has to be so. */
  function judge(): void {
    const untilMs = Date.now() + settleSeconds * 1000;
    let left = clients.length;
    for (const client of clients) client.settle(untilMs, ended);
    if (left === 0) close();
    function ended(): void {
      left -= 1;
      if (left === 0) close();
    }
  }

  function close(): void {
    truth.judge(clients.map(({ seat }) => seat.userId));
    delivered.stop();
    for (const client of clients) client.close();
    world.done?.();
  }
}

function sendersIn({ size: { clients, roomSize }, habits: { sendersPerRoom = roomSize } }: Plan): number {
  const rooms = Math.floor(clients / roomSize);
  return rooms * sendersPerRoom + Math.min(clients % roomSize, sendersPerRoom);
}

function isSender({ sender }: Seat, { size: { roomSize }, habits: { sendersPerRoom = roomSize } }: Plan): boolean {
  return sender % roomSize < sendersPerRoom;
}

/** One sample in so many of what everybody hears; all of it is checked. */
function findingsOf({ size }: Plan, measure: Measure, delivered: () => void): Findings {
  const every = sampleEvery(size);
  let heard = 0;
  return {
    lost: (messages) => measure('parley_lost', messages),
    duplicated: () => measure('parley_duplicated', 1),
    reordered: () => measure('parley_reordered', 1),
    gapRepaired: (messages) => measure('parley_gap_repaired', messages),
    staleMs: (ms) => measure('parley_stale_ms', ms),
    deliveryMs(ms) {
      delivered();
      heard += 1;
      if (heard % every === 0) measure('parley_delivery_ms', ms);
    },
  };
}

/** A sample for each delivery would cost k6 more than hearing it. */
function batched(measure: Measure): { add: () => void; stop: () => void } {
  let count = 0;
  const flush = (): void => {
    if (count > 0) measure('parley_delivered', count);
    count = 0;
  };
  const timer = setInterval(flush, 1_000);
  return {
    add: () => void (count += 1),
    stop() {
      clearInterval(timer);
      flush();
    },
  };
}
