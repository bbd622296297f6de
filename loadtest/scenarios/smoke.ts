/**
 * Smoke: a hundred people talk in groups of ten for a minute, through the load balancer. It asks whether the cluster
 * works at all: everybody connects, every message is acknowledged, every member gets each of them once and in order.
 * Run it with `pnpm loadtest smoke`, which prepares users and conversations and passes them by `PARLEY_SEATS`.
 */
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';
import { hear, sendFrame, socketUrl } from '../lib/session.ts';
import { readStamp, stampedBody } from '../lib/stamp.ts';
import { type Summary, verdictOf } from '../lib/summary.ts';

type Seat = { userId: string; token: string; conversationId: string };

const { PARLEY_URL = 'http://127.0.0.1:8080', PARLEY_SEATS = '', PARLEY_SECONDS = '60', PARLEY_RESULT } = __ENV;
const seats = new SharedArray<Seat>('seats', () => JSON.parse(open(PARLEY_SEATS)) as Seat[]);

/** Whole conversations to one VU, so that it can compare what their members saw. */
const seatsPerVu = 20;
const sendMs = Number(PARLEY_SECONDS) * 1000;
const rampMs = 2_000;
const pauseMs = { min: 1_000, max: 2_000 };
/** What may still be under way when the last message was sent. */
const drainMs = 3_000;

const connected = new Rate('parley_connected');
const acked = new Rate('parley_acked');
const ackMs = new Trend('parley_ack_ms', true);
const deliveryMs = new Trend('parley_delivery_ms', true);
const delivered = new Counter('parley_delivered');
const cut = new Counter('parley_cut');
const gaps = new Counter('parley_gaps');
const missed = new Counter('parley_missed');

export const options = {
  scenarios: {
    smoke: {
      executor: 'per-vu-iterations',
      vus: Math.ceil(seats.length / seatsPerVu),
      iterations: 1,
      maxDuration: `${Math.ceil((rampMs + sendMs + drainMs) / 1000) + 30}s`,
    },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
  thresholds: {
    parley_connected: ['rate==1'],
    parley_acked: ['rate==1'],
    parley_ack_ms: ['p(99)<250'],
    parley_delivery_ms: ['p(99)<300'],
    parley_delivered: ['count>0'],
    parley_cut: ['count==0'],
    parley_gaps: ['count==0'],
    parley_missed: ['count==0'],
  },
};

export default function smoke(): void {
  const first = (exec.vu.idInTest - 1) * seatsPerVu;
  const own = seats.slice(first, first + seatsPerVu);
  /** The highest acknowledged number of each conversation, and the last that each member saw. */
  const heads = new Map<string, number>();
  const seen = new Map<string, { conversationId: string; seq: number }>();
  own.forEach((seat, i) => setTimeout(() => talk(seat, first + i, heads, seen), (i * rampMs) / own.length));
  setTimeout(
    () => {
      for (const { conversationId, seq } of seen.values())
        missed.add(Math.max(0, (heads.get(conversationId) ?? 0) - seq));
    },
    rampMs + sendMs + drainMs - 500,
  );
}

function talk(
  { userId, token, conversationId }: Seat,
  sender: number,
  heads: Map<string, number>,
  seen: Map<string, { conversationId: string; seq: number }>,
): void {
  const ws = new WebSocket(socketUrl(PARLEY_URL), null, { tags: { name: 'session' } });
  const inFlight = new Map<number, number>();
  const mine = { conversationId, seq: 0 };
  let counter = 0;
  let entered = false;
  let leaving = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  ws.addEventListener('message', (event) => {
    if (!('data' in event) || typeof event.data !== 'string') return;
    // The time of reading, before this event waited for its turn (k6 spells it so).
    const now = event.timestamp;
    const reply = hear(event.data, token, {
      ready(conversations) {
        entered = true;
        connected.add(true);
        mine.seq = conversations.find(({ id }) => id === conversationId)?.lastSeq ?? 0;
        seen.set(userId, mine);
        schedule();
      },
      answered(id, answer) {
        acked.add('seq' in answer);
        if ('seq' in answer) {
          ackMs.add(now - (inFlight.get(id) ?? now));
          heads.set(conversationId, Math.max(heads.get(conversationId) ?? 0, answer.seq));
        }
        inFlight.delete(id);
      },
      created(seq, frame) {
        delivered.add(1);
        if (seq !== mine.seq + 1) gaps.add(1);
        mine.seq = Math.max(mine.seq, seq);
        const stamp = readStamp(frame);
        if (stamp) deliveryMs.add(now - stamp.atUs / 1000);
      },
      refused: (why) => console.error(`a session was refused: ${why}`),
    });
    if (reply !== undefined) ws.send(reply);
  });
  // Whatever ends a connection, `close` follows; without this listener k6 would end the whole iteration.
  ws.addEventListener('error', () => undefined);
  ws.addEventListener('close', () => {
    clearTimeout(timer);
    if (!leaving) cut.add(1);
    if (!entered) connected.add(false);
    for (const _ of inFlight) acked.add(false);
  });
  setTimeout(() => clearTimeout(timer), sendMs);
  setTimeout(() => {
    leaving = true;
    ws.close();
  }, sendMs + drainMs);

  function schedule(): void {
    timer = setTimeout(
      () => {
        const atUs = Date.now() * 1000;
        inFlight.set(counter, Date.now());
        ws.send(
          sendFrame(counter, conversationId, clientIdOf(sender, counter), stampedBody({ sender, counter, atUs })),
        );
        counter += 1;
        schedule();
      },
      pauseMs.min + Math.random() * (pauseMs.max - pauseMs.min),
    );
  }
}

/** Unique in its conversation, which no other run uses. */
function clientIdOf(sender: number, counter: number): string {
  return `${sender.toString(16).padStart(8, '0')}-0000-4000-8000-${counter.toString(16).padStart(12, '0')}`;
}

export function handleSummary(data: Summary): Record<string, string> {
  const text = verdictOf('smoke', data);
  return PARLEY_RESULT ? { stdout: text, [PARLEY_RESULT]: JSON.stringify(data, undefined, 2) } : { stdout: text };
}
