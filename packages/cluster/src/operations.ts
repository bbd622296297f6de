import { setTimeout as after } from 'node:timers/promises';
import type { Fleet, FleetMember } from './fleet.ts';
import type { Keeper } from './keeper.ts';
import type { NodeKind } from './node-process.ts';
import { PACE } from './pace.ts';
import type { Balancer } from './parts/haproxy-admin.ts';
import type { Progress } from './progress.ts';
import { rebalance } from './rebalance.ts';
import { reload } from './reload.ts';
import { requireSlots, slotsOf } from './setting.ts';
import { readScrape } from './status/scrape.ts';
import { Trouble } from './trouble.ts';
import { parley } from './typed.ts';

/** What an operator asks of a running cluster, as it travels from the command to the process that owns the nodes. */
export type Order =
  /** @param perSecond how many clients may have to reconnect in a second */
  | { name: 'scale'; counts: Partial<Record<NodeKind, number>>; perSecond: number }
  | { name: 'drain'; id: string; overMs: number | undefined; perSecond: number }
  | { name: 'roll'; perSecond: number }
  | { name: 'rebalance'; perSecond: number }
  | { name: 'reload' };

/** Obeys one order at a time. @throws Trouble when it cannot, or had to stop; what was done before is told */
export type Operations = (order: Order, say: Progress) => Promise<void>;

/** The last client that is told needs this long to go; a node without clients, to answer what is in flight. */
const LAST_CLIENT_MS = 5_000;
const NOBODY_MS = 500;
const SERVES_MS = 10_000;

export function createOperations(nodes: Fleet, haproxy: Keeper, admin: Balancer): Operations {
  let underWay: string | undefined;
  const obey = (order: Order, say: Progress): Promise<void> => {
    switch (order.name) {
      case 'scale':
        return scale(nodes, admin, order, say);
      case 'drain':
        return drain(nodes, admin, order, say);
      case 'roll':
        return roll(nodes, admin, order, say);
      case 'rebalance':
        return rebalance(admin, order.perSecond, say);
      case 'reload':
        return reload(haproxy, admin, say);
      default:
        throw unknown(order);
    }
  };
  return async (order, say) => {
    if (underWay !== undefined) throw new Trouble(`The cluster is busy: ${underWay}.`, ['Wait for its end.']);
    underWay = order.name;
    try {
      await obey(order, say);
    } finally {
      underWay = undefined;
    }
  };
}

/** What asks may be newer than this process, which keeps the code that it began with. */
const unknown = (order: never): Trouble =>
  new Trouble(`The process that runs this cluster cannot ${(order as Order).name}: it began with other code.`, [
    'Ask with the code that it began with, or end it and start it anew.',
  ]);

type Of<N extends Order['name']> = Extract<Order, { name: N }>;

async function scale(nodes: Fleet, admin: Balancer, { counts, perSecond }: Of<'scale'>, say: Progress): Promise<void> {
  const wanted = Object.entries(counts) as [NodeKind, number][];
  for (const [kind, count] of wanted) requireSlots(kind, count);
  for (const [kind, count] of wanted) {
    while (of(nodes, kind).length < count) await add(nodes, admin, kind, say);
    for (const member of of(nodes, kind).slice(count).toReversed())
      await leave(nodes, admin, member, { perSecond }, say);
    say(
      `${count} ${kind} node${count === 1 ? '' : 's'}: ${of(nodes, kind)
        .map(({ id }) => id)
        .join(' ')}`,
    );
  }
}

async function drain(
  nodes: Fleet,
  admin: Balancer,
  { id, overMs, perSecond }: Of<'drain'>,
  say: Progress,
): Promise<void> {
  const member = nodes.members().find((each) => each.id === id);
  if (!member) {
    const ids = nodes.members().map((each) => each.id);
    throw new Trouble(`There is no node ${id} in this cluster.`, [`Nodes: ${ids.join(' ')}`]);
  }
  if (of(nodes, member.kind).length === 1) {
    throw new Trouble(`${id} is the only ${member.kind} node: nobody would take its clients.`, [
      parley('scale', `${member.kind}=2`),
    ]);
  }
  await leave(nodes, admin, member, { perSecond, overMs }, say);
}

/**
 * Every node gets a successor, which serves before its predecessor drains: there is never less room than before, and a
 * client moves once. Ends at the first sign that successors are worse than what they replace.
 */
async function roll(nodes: Fleet, admin: Balancer, { perSecond }: Of<'roll'>, say: Progress): Promise<void> {
  for (const kind of ['api', 'socket'] as const) {
    const { length } = slotsOf[kind];
    if (of(nodes, kind).length < length) continue;
    throw new Trouble(`All ${length} slots for ${kind} nodes are taken: there is no place for a replacement.`, [
      parley('scale', `${kind}=${length - 1}`),
    ]);
  }
  const old = [...of(nodes, 'api'), ...of(nodes, 'socket')];
  const successors: FleetMember[] = [];
  for (const [i, member] of old.entries()) {
    say(`${member.id} is replaced (${i + 1} of ${old.length})`);
    try {
      successors.push(await add(nodes, admin, member.kind, say));
      const dead = successors.find(({ keeper }) => !keeper.part());
      if (dead) throw new Trouble(`${dead.id} died after it had been ready.`);
    } catch (error) {
      const left = old.slice(i).map(({ id }) => id);
      const why = error instanceof Error ? error.message : String(error);
      throw new Trouble(`Stopped before ${member.id}: ${why}\n${left.join(' ')} serve on as they were.`, [
        `When that is mended: ${parley('restart', '--rolling')}`,
      ]);
    }
    await leave(nodes, admin, member, { perSecond }, say);
  }
  say(
    `all ${old.length} nodes are replaced: ${nodes
      .members()
      .map(({ id }) => id)
      .join(' ')}`,
  );
}

async function add(nodes: Fleet, admin: Balancer, kind: NodeKind, say: Progress): Promise<FleetMember> {
  say(`starting one more ${kind} node`);
  const member = await nodes.add(kind);
  try {
    await serves(member, admin);
  } catch (error) {
    await nodes.remove(member.id, 0);
    throw error;
  }
  say(`${member.id} serves`);
  return member;
}

/** The load balancer has to say it too: a node that only it cannot reach gets no clients. */
async function serves({ id, slot }: FleetMember, admin: Balancer): Promise<void> {
  for (const until = Date.now() + SERVES_MS; Date.now() < until; ) {
    const found = (await admin.slots()).find((each) => each.slot === slot);
    if (found?.status.startsWith('UP')) return;
    await after(50);
  }
  throw new Trouble(`${id} is ready, but HAProxy does not reach it.`, [parley('status')]);
}

type Window = { perSecond: number; overMs?: number | undefined };

/** Within a time that is asked for, or a longer one where the budget needs it. */
async function leave(
  nodes: Fleet,
  admin: Balancer,
  member: FleetMember,
  { perSecond, overMs }: Window,
  say: Progress,
): Promise<void> {
  const clients = member.kind === 'socket' ? await clientsOf(member, admin) : 0;
  const pacedMs = (clients / (perSecond * PACE)) * 1_000;
  const usualMs = clients === 0 ? NOBODY_MS : pacedMs + LAST_CLIENT_MS;
  const windowMs = Math.round(Math.max(overMs ?? usualMs, pacedMs));
  const why = overMs !== undefined && pacedMs > overMs ? ', which the budget needs' : '';
  const whom = clients === 0 ? '' : `: ${clients} clients move within ${(windowMs / 1_000).toFixed(0)} s${why}`;
  say(`${member.id} drains${whom}`);
  const leaving = member.keeper.part();
  await nodes.remove(member.id, windowMs);
  // It was frozen, or overdue: its clients did not move, and an operator must not believe that they did.
  const killed = (await leaving?.exited)?.signal === 'SIGKILL';
  say(
    killed
      ? `${member.id} did not end when asked, and was killed: clients that it still had were cut`
      : `${member.id} is gone`,
  );
}

/** Of a node that does not answer in time HAProxy knows: when it goes on, its clients must not move all at once. */
async function clientsOf({ privatePort, slot }: FleetMember, admin: Balancer): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${privatePort}/metrics`, { signal: AbortSignal.timeout(2_000) });
    return readScrape(await response.text()).sum('parley_connections') ?? 0;
  } catch {
    return (await admin.slots()).find((each) => each.slot === slot)?.sessions ?? 0;
  }
}

/** In the order of their slots. */
const of = (nodes: Fleet, kind: NodeKind): FleetMember[] =>
  slotsOf[kind].flatMap((slot) => nodes.members().find((member) => member.slot === slot) ?? []);
