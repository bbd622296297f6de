import type { Permit } from '@parley/core';
import type { LinkKind } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Node, openStage, outcomeOf, said, type Stage, space } from './support/stage.ts';

let stage: Stage;
let nodes: [Node, Node];
beforeAll(async () => {
  stage = await openStage();
  nodes = [await stage.node(), await stage.node()];
});
afterAll(() => stage.close());

const permits = ['always', 'assignment', 'booking', 'admin', 'never'] as const satisfies readonly Permit[];
const someStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('says' as const), permit: fc.constantFrom(...permits) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom('confirms' as const, 'cancels' as const, 'forgets' as const),
      kind: fc.constantFrom<LinkKind>('booking', 'assignment'),
    }),
  },
);
const someSteps = fc.array(fc.tuple(someStep, fc.boolean(), fc.boolean()), { minLength: 5, maxLength: 25 });
type Links = Record<LinkKind, boolean>;

/** What a permit asks for, as simply as it can be said. */
const finds: Record<Permit, (links: Links, peerIsAdmin: boolean) => boolean> = {
  always: () => true,
  assignment: ({ assignment }, peerIsAdmin) => assignment || peerIsAdmin,
  booking: ({ booking }) => booking,
  admin: (_links, peerIsAdmin) => peerIsAdmin,
  never: () => false,
};

let scenes = 0;

describe('who may talk', () => {
  it('is what the links of the two say at that moment, on every node, and what is refused is not stored', async () => {
    await fc.assert(
      fc.asyncProperty(someSteps, fc.boolean(), async (steps, peerIsAdmin) => {
        scenes += 1;
        const [ana, peer] = [`ana-${scenes}`, `peer-${scenes}`];
        for (const userId of [ana, peer]) await nodes[0].users.admit({ space, userId, role: 'user' });
        if (peerIsAdmin) await nodes[0].users.put(space, peer, { role: 'admin' });
        const { no } = (await nodes[0].conversations.openDirect(space, peer, ana, 'always')).conversation;
        const links: Links = { booking: false, assignment: false };
        const stored: string[] = [];
        for (const [step, onSecond, turned] of steps) {
          const node = nodes[onSecond ? 1 : 0];
          const [userA, userB] = turned ? [peer, ana] : [ana, peer];
          if (step.does === 'says') {
            const body = `after ${stored.length}`;
            const outcome = await outcomeOf(node.messages.append({ ...said(ana, no, body), permit: step.permit }));
            if (!finds[step.permit](links, peerIsAdmin)) expect(outcome).toBe('not_permitted');
            else stored.push(body);
          } else if (step.does === 'forgets') {
            await node.links.remove(space, userA, userB, step.kind);
            links[step.kind] = false;
          } else {
            const status = step.does === 'confirms' ? 'confirmed' : 'cancelled';
            await node.links.put(space, { userA, userB, kind: step.kind, status });
            links[step.kind] = status === 'confirmed';
          }
        }
        const { messages } = await nodes[1].history.page(space, ana, no, { limit: 50 });
        expect(messages.map(({ body }) => body)).toEqual(stored);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  }, 90_000);
});
