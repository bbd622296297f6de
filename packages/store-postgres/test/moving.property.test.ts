import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moveIn, moveOut } from './support/moving.ts';
import { type Node, openStage, outcomeOf, type Stage, said } from './support/stage.ts';

let here: Stage;
let there: Stage;
let from: Node;
let to: Node;
beforeAll(async () => {
  [here, there] = await Promise.all([openStage(), openStage()]);
  [from, to] = [await here.node(), await there.node()];
});
afterAll(() => Promise.all([here.close(), there.close()]));

type Step = { kind: keyof typeof steps; who: string; in: number; at: number; body: string };
type Scene = { space: string; nos: number[]; heads: Map<number, number> };

const users = ['ana', 'bob', 'cy'];
const placeOf = ({ nos, heads }: Scene, step: Step) => {
  const no = nos[step.in % nos.length] ?? 0;
  return { no, seq: 1 + (step.at % Math.max(1, heads.get(no) ?? 0)) };
};

/** What users and staff may do; much of it is refused, and that is all the same here. */
const steps = {
  async say(scene: Scene, step: Step) {
    const { space } = scene;
    const { no, seq } = placeOf(scene, step);
    const isStaff = step.who === 'root';
    const more = {
      ...(step.at % 3 === 0 && { replyToSeq: seq }),
      ...(step.at % 4 === 0 && { attachments: [{ url: 'https://files.example/ä.png', name: 'ä', bytes: 7 }] }),
      ...(step.at % 7 === 0 && { kind: 'system' as const }),
      ...(isStaff && { authorId: 'root' }),
      clientId: step.at % 2 === 0 ? randomUUID() : undefined,
    };
    const sender = isStaff ? 'agents' : step.who;
    const stored = await outcomeOf(from.messages.append({ ...said(sender, no, step.body), ...more, space }));
    if (typeof stored === 'object') scene.heads.set(no, stored.message.seq);
  },
  edit: (scene: Scene, step: Step) =>
    outcomeOf(from.messages.edit(scene.space, step.who, placeOf(scene, step), step.body, 'always')),
  remove: (scene: Scene, step: Step) => outcomeOf(from.messages.remove(scene.space, step.who, placeOf(scene, step))),
  react: (scene: Scene, step: Step) =>
    outcomeOf(from.messages.react(scene.space, step.who, placeOf(scene, step), step.at % 2 ? '👍' : '❤️', 'always')),
  read(scene: Scene, step: Step) {
    const { no, seq } = placeOf(scene, step);
    return outcomeOf(from.receipts.read(scene.space, step.who, no, seq));
  },
  readOne: (scene: Scene, step: Step) => outcomeOf(from.receipts.readOne(scene.space, step.who, placeOf(scene, step))),
  deliver: (scene: Scene, step: Step) =>
    outcomeOf(from.receipts.deliver([{ space: scene.space, userId: step.who, ...placeOf(scene, step) }])),
  leave: (scene: Scene, step: Step) =>
    outcomeOf(from.conversations.removeMember(scene.space, 'ana', placeOf(scene, step).no, step.who)),
  come(scene: Scene, step: Step) {
    const history = step.at % 2 ? 'all' : 'none';
    const { no } = placeOf(scene, step);
    return outcomeOf(from.conversations.addMembers(scene.space, 'ana', no, [step.who], { role: 'member', history }));
  },
};

const someStep = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant('say' as const) },
    { weight: 5, arbitrary: fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[])) },
  ),
  who: fc.constantFrom(...users, 'root'),
  in: fc.nat(),
  at: fc.nat(),
  body: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')),
});

async function played(all: readonly Step[]): Promise<Scene> {
  const space = `space-${randomUUID().slice(0, 8)}`;
  for (const userId of users) await from.users.admit({ space, userId, role: 'user', name: userId.toUpperCase() });
  await from.users.put(space, 'root', { role: 'admin', active: false });
  await from.links.put(space, { userA: 'bob', userB: 'ana', kind: 'assignment', status: 'confirmed' });
  const opened = [
    await from.conversations.openDirect(space, 'ana', 'bob', 'always'),
    await from.conversations.createGroup(space, 'ana', 'Ours', ['bob', 'cy']),
    await from.conversations.openSupport(space, 'cy'),
    await from.conversations.openAnnouncement(space),
  ];
  const scene: Scene = { space, nos: opened.map(({ conversation }) => conversation.no), heads: new Map() };
  for (const step of all) await steps[step.kind](scene, step);
  await from.users.admit({ space, userId: 'late', role: 'user' });
  return scene;
}

/** What a user is shown: without the numbers that are another database's. */
async function seen(node: Node, space: string, userId: string) {
  const { conversations } = await node.conversations.list(space, userId, { after: undefined, limit: 50 });
  return Promise.all(
    conversations.map(async ({ kind, unread, lastSeq, id }) => {
      const no = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
      const { messages } = await node.history.page(space, userId, no, { afterSeq: 0, limit: 200 });
      return { kind, unread, lastSeq, bodies: messages.map(({ seq, senderId, body }) => [seq, senderId, body]) };
    }),
  );
}
const byKind = (all: Awaited<ReturnType<typeof seen>>) => all.toSorted((a, b) => a.kind.localeCompare(b.kind));

describe('a space that moves', () => {
  it('is byte for byte the same once it has moved in elsewhere, and so are what users see and have not read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someStep, { minLength: 5, maxLength: 40 }), async (all) => {
        const { space } = await played(all);
        const text = await moveOut(from, space);
        expect(await moveIn(to, space, text)).toEqual([]);
        expect(await moveOut(to, space)).toBe(text);
        for (const userId of [...users, 'late']) {
          expect(byKind(await seen(to, space, userId))).toEqual(byKind(await seen(from, space, userId)));
        }
        // Twice changes nothing.
        expect(await moveIn(to, space, text)).toEqual([]);
        expect(await moveOut(to, space)).toBe(text);
      }),
      { numRuns: 15 },
    );
  });
});
