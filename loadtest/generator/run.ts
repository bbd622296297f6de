import { setTimeout as sleep } from 'node:timers/promises';
import { stampedBody } from '../lib/stamp.ts';
import type { Client, Outcome } from './client.ts';
import { createHistogram } from './histogram.ts';
import { createLedger } from './ledger.ts';
import { openClient } from './open-client.ts';
import { startPace } from './pace.ts';
import type { Account, FromGenerator, Plan } from './plan.ts';
import { steadily, until } from './wait.ts';

/** What an idle node admits; who is refused comes back when it is told to. */
const connectsPerSecond = 400;
const connectMs = 30_000;
const drainMs = 10_000;
/** Of the deliveries, only one in so many is timed in a closed loop; all are checked. */
const sampleEvery = 64;
/** What an open loop times at most: enough for a p99, little enough to disturb nobody. */
const samplesPerSecond = 4_000;

/** Connects every client of the plan, waits for `go`, sends, measures one window, drains, and gives account. */
export async function run(plan: Plan, go: Promise<void>, say: (message: FromGenerator) => void): Promise<void> {
  const ledger = createLedger(plan.seats.length, plan.roomSize, plan.senders);
  const senders = plan.seats.map(() => ({ counter: 0, inFlight: new Map<number, number>() }));
  const refusals: Record<string, number> = {};
  const every = samplingOf(plan);
  let [ready, closed, acked] = [0, 0, 0];
  let [ackMs, deliveryMs] = [createHistogram(), createHistogram()];
  let whyClosed = '';

  const clients: Client[] = [];
  await steadily(
    plan.seats.length,
    connectsPerSecond,
    () => clients.push(open(clients.length)),
    () => closed > 0,
  );
  await until(() => ready + closed >= plan.seats.length, connectMs);
  if (closed > 0 || ready < plan.seats.length) {
    throw new Error(`${ready} of ${plan.seats.length} clients are ready; ${closed} were closed: ${whyClosed}`);
  }
  say({ say: 'connected' });
  await go;

  const pace = startPace(plan, send);
  await sleep(plan.warmUpMs);
  [ackMs, deliveryMs] = [createHistogram(), createHistogram()];
  const begin = snapshot();
  say({ say: 'begin' });
  await sleep(plan.windowMs);
  say({ say: 'end', measured: measuredSince(begin) });
  pace.stop();

  await until(() => unanswered() === 0, drainMs);
  await until(() => missing() === 0, drainMs);
  say({ say: 'done', account: account() });
  for (const client of clients) client.close();

  function open(index: number): Client {
    const { inFlight } = senders[index]!;
    let toSample = index % every;
    return openClient(plan.protocol, plan.seats[index]!, {
      ready(reached) {
        ready += 1;
        if (reached !== undefined) ledger.startAt(index, reached);
      },
      answered(id, outcome) {
        const atMs = inFlight.get(id);
        if (atMs === undefined) return;
        if (outcome !== 'stored') return refused(index, id, atMs, outcome);
        inFlight.delete(id);
        acked += 1;
        ackMs.record(performance.now() - atMs);
        pace.answered(index);
      },
      delivered(stamp, number) {
        ledger.delivered(index, stamp.sender, stamp.counter);
        if (number !== undefined) ledger.numbered(index, number);
        toSample -= 1;
        if (toSample > 0) return;
        toSample = every;
        deliveryMs.record(performance.now() - stamp.atUs / 1000);
      },
      closed(reason) {
        closed += 1;
        whyClosed ||= reason;
      },
    });
  }

  function send(index: number, atMs: number): void {
    const sender = senders[index]!;
    sender.inFlight.set(sender.counter, atMs);
    write(index, sender.counter, atMs);
    sender.counter += 1;
  }

  function write(index: number, counter: number, atMs: number): void {
    const body = stampedBody({ sender: index, counter, atUs: atMs * 1000 });
    clients[index]!.send(counter, clientIdOf(index, counter), body);
  }

  // The same message again, under the same ids, and its latency counts on.
  function refused(index: number, counter: number, atMs: number, { code, retryAfterMs }: Exclude<Outcome, 'stored'>) {
    refusals[code] = (refusals[code] ?? 0) + 1;
    setTimeout(() => write(index, counter, atMs), retryAfterMs);
  }

  function snapshot() {
    return { at: performance.now(), acked, delivered: ledger.found.delivered, cpu: process.cpuUsage() };
  }

  function measuredSince(begin: ReturnType<typeof snapshot>) {
    const cpu = process.cpuUsage(begin.cpu);
    return {
      seconds: (performance.now() - begin.at) / 1000,
      acked: acked - begin.acked,
      delivered: ledger.found.delivered - begin.delivered,
      ackMs: ackMs.read(),
      deliveryMs: deliveryMs.read(),
      generatorCpuMs: (cpu.user + cpu.system) / 1000,
    };
  }

  function unanswered(): number {
    return senders.reduce((sum, { inFlight }) => sum + inFlight.size, 0);
  }

  function missing(): number {
    return ledger.missing((sender) => senders[sender]!.counter);
  }

  function account(): Account {
    return { acked, ...ledger.found, unanswered: unanswered(), missing: missing(), closed, refusals };
  }
}

function samplingOf({ load, roomSize }: Plan): number {
  switch (load.kind) {
    case 'closed':
      return sampleEvery;
    case 'open':
      return Math.max(1, Math.floor((load.rate * roomSize) / samplesPerSecond));
    case 'lone':
    case 'idle':
      return 1;
  }
}

function clientIdOf(index: number, counter: number): string {
  const sender = index.toString(16).padStart(8, '0');
  return `${sender}-0000-4000-8000-${counter.toString(16).padStart(12, '0')}`;
}
