import type { Load, SystemName } from '../generator/plan.ts';
import type { Setup } from './measure.ts';

/** One bar of a case: a system under a load. Its label names it in results, goals and charts. */
export type Variant = { label: string; system: SystemName; setup: Setup };

export type Case = { asks: string; rounds: number; variants: readonly Variant[] };

/** What people call the systems. */
export const shortNames: Record<SystemName, string> = {
  parley: 'ours',
  baseline: 'B0',
  sharded: 'B1',
  raw: 'raw',
  bare: 'bare Socket.IO',
  null: 'null',
  centrifugo: 'Centrifugo',
  tinode: 'Tinode',
};

const seconds = (warmUp: number, window: number) => ({ warmUpMs: warmUp * 1000, windowMs: window * 1000 });
const rooms = (clients: number, roomSize: number, nodes: number) => ({ clients, roomSize, senders: roomSize, nodes });
const closed: Load = { kind: 'closed', window: 1 };
const open = (rate: number): Load => ({ kind: 'open', rate });

const each = (systems: readonly SystemName[], setup: Setup, suffix = ''): Variant[] =>
  systems.map((system) => ({ label: `${shortNames[system]}${suffix}`, system, setup }));

const roomsOfTen = { ...rooms(200, 10, 2), load: closed, ...seconds(4, 6) };
const direct = { ...rooms(400, 2, 4), load: closed, ...seconds(4, 6) };
const hotRoom = { ...rooms(2_000, 2_000, 3), ...seconds(3, 6) };
const fast = { ...rooms(1_000, 10, 2), ...seconds(3, 6) };

/** In the order in which they are played: the first three carry the project's main numbers. */
export const cases = {
  'rooms-of-10': {
    asks: 'How many messages are stored, acknowledged and told in conversations of 10, by 200 clients on 2 nodes?',
    rounds: 3,
    variants: [
      ...each(['parley', 'baseline', 'sharded', 'raw', 'centrifugo'], roomsOfTen),
      ...each(['tinode'], { ...roomsOfTen, nodes: 1 }),
    ],
  },
  'direct-messages': {
    asks: 'The same in conversations of 2, by 400 clients on 4 nodes.',
    rounds: 3,
    variants: [
      ...each(['parley', 'sharded', 'raw', 'centrifugo'], direct),
      ...each(['tinode'], { ...direct, nodes: 1 }),
    ],
  },
  'open-1500': {
    asks: 'How late is a delivery at 1,500 messages/s, whatever the system answers, with 1,000 clients on 2 nodes?',
    rounds: 3,
    variants: each(['parley', 'baseline'], { ...fast, load: open(1_500) }),
  },
  lone: {
    asks: 'How long does one message take while nothing else happens, in a conversation of 2 across 2 nodes?',
    rounds: 3,
    variants: each(['parley', 'baseline'], {
      ...rooms(2, 2, 2),
      load: { kind: 'lone', pauseMs: 15 },
      ...seconds(3, 5),
    }),
  },
  'everyday-200': {
    asks: 'What does a message cost at 200/s, when batches are small, with 200 clients in conversations of 10 on 2 nodes?',
    rounds: 3,
    variants: each(['parley', 'baseline'], { ...rooms(200, 10, 2), load: open(200), ...seconds(3, 8) }),
  },
  'cost-curve': {
    asks: 'What does a message cost on 2, 4 and 8 nodes, with the same 800 clients in conversations of 10, saturated?',
    rounds: 3,
    variants: [2, 4, 8].flatMap((nodes) =>
      each(['parley'], { ...rooms(800, 10, nodes), load: closed, ...seconds(4, 6) }, `, ${nodes} nodes`),
    ),
  },
  connections: {
    asks: 'What does it cost to accept a connection, with token and inbox, and how much memory does it hold while idle? One node.',
    rounds: 3,
    variants: each(['parley', 'bare', 'raw'], {
      ...rooms(2_500, 10, 1),
      // Half of what makes a node of ours refuse some: a refusal and its return would count as the cost of accepting.
      load: { kind: 'idle', first: 100, perSecond: 100, restMs: 2_500 },
      ...seconds(0, 0),
    }),
  },
  'hot-room': {
    asks: 'What does a delivery cost in one conversation of 2,000 on 3 nodes: at 20 messages/s, and saturated?',
    rounds: 3,
    variants: [
      ...each(['parley', 'sharded', 'centrifugo'], { ...hotRoom, senders: 5, load: open(20) }, ', 20/s'),
      ...each(['parley', 'sharded'], { ...hotRoom, senders: 50, load: closed }, ', saturated'),
    ],
  },
  generator: {
    asks: 'L4: how fast is the generator itself, in conversations of 10, when one node stores nothing and answers at once?',
    rounds: 1,
    variants: each(['null'], { ...roomsOfTen, nodes: 1 }),
  },
  'rate-curve': {
    asks: 'How does a delivery grow late with the rate? As `open-1500`, one round.',
    rounds: 1,
    variants: [
      ...[500, 3_000, 5_000].flatMap((rate) => each(['parley'], { ...fast, load: open(rate) }, `, ${rate}/s`)),
      ...[500, 1_000].flatMap((rate) => each(['baseline'], { ...fast, load: open(rate) }, `, ${rate}/s`)),
    ],
  },
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof cases;
export const caseNames = Object.keys(cases) as CaseName[];
export const caseOf = (name: CaseName): Case => cases[name];
