/** A crowd in a process of its own: it does what it is ordered to, and answers each order once. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRaw } from '../../generator/open-raw.ts';
import { createMember, type Findings, type Member } from '../../lib/oracle.ts';
import { openSession, type Session } from '../../lib/session.ts';
import type { OpenWire } from '../../lib/socket.ts';
import { stampedBody } from '../../lib/stamp.ts';
import type { Answer, Order, Seat, Stored, Timed } from './words.ts';

type Client = { seat: Seat; session: Session; members: ReadonlyMap<string, Member>; cutMs: number | undefined };

const tickMs = 10;
const auditAgainMs = 500;
const standMs = 200;

const clients: Client[] = [];
const stored: Stored = {};
const counters = new Map<string, number>();
const verdict = { lost: 0, duplicated: 0, reordered: 0, gapRepaired: 0 };
let noted = nothing();
let level = 0;
let unanswered = 0;
let jitter = Math.random;
let talking: NodeJS.Timeout | undefined;

const findings: Findings = {
  lost: (messages) => void (verdict.lost += messages),
  duplicated: () => void (verdict.duplicated += 1),
  reordered: () => void (verdict.reordered += 1),
  gapRepaired: (messages) => void (verdict.gapRepaired += messages),
  staleMs: () => undefined,
  deliveryMs: (ms) => void noted.deliveries.push({ atMs: Date.now() - ms, ms }),
};

process.on('message', (order: Order) => {
  void obey(order).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());

async function obey(order: Order): Promise<Answer> {
  switch (order.order) {
    case 'enter':
      evenly(order.seats, order.overMs, (seat) => void clients.push(enter(order.url, seat)));
      break;
    case 'talk':
      talk(order.perSecond);
      break;
    case 'hush':
      clearInterval(talking);
      break;
    case 'move':
      clients.forEach((client, i) => {
        client.cutMs ??= Date.now();
        level -= 1;
        client.session.leave((i * order.overMs) / clients.length);
      });
      break;
    case 'linger':
      jitter = () => 1;
      break;
    case 'begin':
      noted = nothing();
      break;
    case 'judge':
      await Promise.all(clients.map(judge(order.stored)));
      return { ...verdict, stored };
    case 'report':
      return noted;
    case 'stand': {
      await sleep(standMs);
      const { user, system } = process.cpuUsage();
      return { level, unanswered, cpuMs: (user + system) / 1000 };
    }
  }
  return 'done';
}

function nothing() {
  return {
    recoveries: [] as Timed[],
    arrivals: [] as number[],
    refusals: [] as (number | 'untold')[],
    failures: {} as Record<string, number>,
    acks: [] as Timed[],
    deliveries: [] as Timed[],
  };
}

/** Counts what became of each try before anybody hears of it. */
const openCounted: OpenWire = (url, hears) =>
  openRaw(url, {
    frame: (data, atMs) => hears.frame(data, atMs),
    closed(reason, retryAfterMs) {
      if (/^HTTP\S* (?:429|503) /.test(reason)) noted.refusals.push(retryAfterMs ?? 'untold');
      else noted.failures[reason] = (noted.failures[reason] ?? 0) + 1;
      hears.closed(reason, retryAfterMs);
    },
  });

function enter(url: string, seat: Seat): Client {
  const members = new Map(seat.conversationIds.map((id) => [id, createMember(findings)]));
  let isLevel = false;
  const client: Client = {
    seat,
    members,
    cutMs: Date.now(),
    session: openSession(
      { url, open: openCounted, token: seat.token, members, random: () => jitter() },
      {
        level() {
          const now = Date.now();
          isLevel = true;
          level += 1;
          noted.arrivals.push(now);
          if (client.cutMs !== undefined) noted.recoveries.push({ atMs: client.cutMs, ms: now - client.cutMs });
          client.cutMs = undefined;
        },
        cut() {
          if (isLevel && client.cutMs === undefined) level -= 1;
          isLevel = false;
          client.cutMs ??= Date.now();
        },
        refused(why) {
          noted.failures[why] = (noted.failures[why] ?? 0) + 1;
        },
      },
    ),
  };
  return client;
}

function talk(perSecond: number): void {
  const seats = clients.flatMap(({ seat, session }) => seat.conversationIds.map((id) => ({ id, seat, session })));
  const startedMs = Date.now();
  let sent = 0;
  talking = setInterval(() => {
    // Late ones go at once: who waits for a server that stalls would have asked in the meantime.
    for (const due = ((Date.now() - startedMs) / 1000) * perSecond; sent < due; sent += 1) {
      const next = seats[(sent * stride) % seats.length];
      if (next) say(next, startedMs + (sent * 1000) / perSecond);
    }
  }, tickMs);
}

/** A prime: neighbours in time are strangers to each other. */
const stride = 7_919;

function say({ id, seat, session }: { id: string; seat: Seat; session: Session }, atMs: number): void {
  const key = `${id} ${seat.sender}`;
  const counter = counters.get(key) ?? 0;
  counters.set(key, counter + 1);
  unanswered += 1;
  session.send(id, randomUUID(), stampedBody({ sender: seat.sender, counter, atUs: atMs * 1000 }), (answer, nowMs) => {
    unanswered -= 1;
    if (!('seq' in answer)) throw new Error(`a message was refused: ${answer.code}`);
    noted.acks.push({ atMs, ms: nowMs - atMs });
    (stored[id] ??= {})[seat.sender] = counter + 1;
  });
}

const judge =
  (all: Stored) =>
  ({ session, members }: Client): Promise<void> =>
    new Promise((resolve) => {
      const again = (): void =>
        session.audit((behind) => {
          if (behind > 0) return void setTimeout(again, auditAgainMs);
          for (const [id, member] of members) {
            member.finish(new Map(Object.entries(all[id] ?? {}).map(([sender, count]) => [Number(sender), count])));
          }
          resolve();
        });
      // Not all at once: the answers of thousands would be a storm of their own.
      setTimeout(again, Math.random() * auditAgainMs * 4);
    });

function evenly<T>(items: readonly T[], overMs: number, each: (item: T) => void): void {
  items.forEach((item, i) => setTimeout(each, (i * overMs) / items.length, item));
}
