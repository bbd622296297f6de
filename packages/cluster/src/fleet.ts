import type { Keeper } from './keeper.ts';
import type { NodeKind, NodePlan } from './node-process.ts';
import { planNode, slotsOf } from './setting.ts';
import type { Slots } from './slots.ts';
import { Trouble } from './trouble.ts';

export type FleetMember = NodePlan & { keeper: Keeper };

/** The nodes of a cluster, which come and go while it runs. */
export type Fleet = {
  members: () => readonly FleetMember[];
  /** Starts those that it was made with. */
  start: () => Promise<void>;
  /** One more node in the first free slot; resolves when it serves. What does not get ready is ended again. @throws Trouble */
  add: (kind: NodeKind) => Promise<FleetMember>;
  /** No new client goes there, those that it has move within the time; then it is gone, and its slot is free. */
  remove: (id: string, overMs: number) => Promise<void>;
  /** Ends all, also those that are just starting, and takes no more. */
  stop: () => Promise<void>;
};

export function createFleet(plans: readonly NodePlan[], keepNode: (plan: NodePlan) => Keeper, slots: Slots): Fleet {
  const members = new Map<string, FleetMember>();
  let stopped = false;

  const take = (plan: NodePlan): FleetMember => {
    const member = { ...plan, keeper: keepNode(plan) };
    members.set(plan.id, member);
    return member;
  };
  for (const plan of plans) take(plan);

  const freeSlot = (kind: NodeKind): string => {
    const slot = slotsOf[kind].find((each) => !members.has(each));
    if (slot === undefined) throw new Trouble(`All ${slotsOf[kind].length} slots for ${kind} nodes are taken.`);
    return slot;
  };

  return {
    members: () => [...members.values()],
    start: () => allOf([...members.values()].map(({ keeper }) => keeper.start())),
    async add(kind) {
      const plan = await planNode(kind, freeSlot(kind));
      if (stopped) throw new Trouble('The cluster is ending.');
      const member = take(plan);
      try {
        await member.keeper.start();
        return member;
      } catch (error) {
        await slots.left(plan);
        await member.keeper.stop();
        members.delete(plan.id);
        throw error;
      }
    },
    async remove(id, overMs) {
      const member = members.get(id);
      if (!member) return;
      await slots.leaving(member);
      await member.keeper.stop(overMs);
      await slots.left(member);
      members.delete(id);
    },
    async stop() {
      stopped = true;
      await Promise.all([...members.values()].map(({ keeper }) => keeper.stop()));
    },
  };
}

/** Like `Promise.all`, but waits for all of them also when one fails: what still starts could not be ended in order. */
export async function allOf(jobs: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(jobs)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
