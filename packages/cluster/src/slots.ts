import type { NodePlan } from './node-process.ts';
import type { Balancer } from './parts/haproxy-admin.ts';

/**
 * Keeps HAProxy's slots filled, whichever of the two starts again: a new HAProxy has forgotten all nodes, and a new
 * node is not in its slot yet. Who comes second fills the slot.
 */
export type Slots = {
  /** HAProxy runs; settles when the nodes that are there have their slots. */
  opened: (admin: Balancer) => Promise<void>;
  /** This HAProxy has gone. */
  closed: (admin: Balancer) => void;
  /** This node is ready; settles when it has its slot. */
  joined: (plan: NodePlan) => Promise<void>;
};

export function createSlots(): Slots {
  const joined = new Set<NodePlan>();
  let admin: Balancer | undefined;

  const fill = async (plan: NodePlan): Promise<void> => {
    const asked = admin;
    try {
      const backend = plan.kind === 'socket' ? 'sockets' : 'api';
      await asked?.fill(backend, plan.slot, { host: '127.0.0.1', port: plan.port, privatePort: plan.privatePort });
    } catch (error) {
      // Gone while it was asked: the next HAProxy is told by `opened`.
      if (admin === asked) throw error;
    }
  };
  return {
    async opened(next) {
      admin = next;
      await Promise.all([...joined].map(fill));
    },
    closed(gone) {
      if (admin === gone) admin = undefined;
    },
    async joined(plan) {
      joined.add(plan);
      await fill(plan);
    },
  };
}
