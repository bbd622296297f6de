import type { NodePlan } from './node-process.ts';
import type { Balancer, Slot } from './parts/haproxy-admin.ts';

/**
 * Keeps HAProxy's slots filled, whichever of the two starts again: a new HAProxy has forgotten all nodes, and a new
 * node is not in its slot yet. Who comes second fills the slot.
 */
export type Slots = {
  /** HAProxy runs; settles when the nodes that are there have their slots. What it knows from another stays as it is. */
  opened: (admin: Balancer) => Promise<void>;
  /** This HAProxy has gone. */
  closed: (admin: Balancer) => void;
  /** This node is ready; settles when it has its slot. */
  joined: (plan: NodePlan) => Promise<void>;
  /** This node is about to drain: it gets no new clients, and keeps its slot for those that it has. */
  leaving: (plan: NodePlan) => Promise<void>;
  /** This node has gone for good; its slot is empty. */
  left: (plan: NodePlan) => Promise<void>;
};

export function createSlots(): Slots {
  const plans = new Map<string, NodePlan>();
  let admin: Balancer | undefined;

  const change = async (
    { kind, slot }: NodePlan,
    job: (admin: Balancer, backend: Slot['backend'], slot: string) => Promise<void>,
  ): Promise<void> => {
    const asked = admin;
    try {
      if (asked) await job(asked, kind === 'socket' ? 'sockets' : 'api', slot);
    } catch (error) {
      // Gone while it was asked: the next HAProxy is told by `opened`.
      if (admin === asked) throw error;
    }
  };
  const fill = (plan: NodePlan): Promise<void> =>
    change(plan, (to, backend, slot) => to.fill(backend, slot, { host: '127.0.0.1', ...plan }));

  return {
    async opened(next) {
      admin = next;
      const ports = new Map((await next.slots()).map(({ slot, port }) => [slot, port]));
      // Filling a slot also makes it ready, and an operator may have taken it out.
      await Promise.all([...plans.values()].filter(({ slot, port }) => ports.get(slot) !== port).map(fill));
    },
    closed(gone) {
      if (admin === gone) admin = undefined;
    },
    async joined(plan) {
      plans.set(plan.id, plan);
      await fill(plan);
    },
    async leaving(plan) {
      plans.delete(plan.id);
      await change(plan, (to, backend, slot) => to.drain(backend, slot));
    },
    async left(plan) {
      plans.delete(plan.id);
      await change(plan, (to, backend, slot) => to.empty(backend, slot));
    },
  };
}
