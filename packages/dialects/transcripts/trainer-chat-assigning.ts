import { at, type Fields } from './canonical.ts';
import type { Golden, Turn } from './transcript.ts';
import { Ann, Eve, refusal, Tom, user } from './trainer-chat-rows.ts';

/* Who is there, and who gives whom a trainer. */

export const cast = {
  ann: { name: 'Ann' },
  tom: { name: 'Tom', role: 'agent' },
  eve: { name: 'Eve', role: 'agent' },
  ada: { role: 'admin' },
} as const;

export const known = (who: 'ann' | 'tom' | 'eve'): Fields => ({
  userId: `<${who}>`,
  role: 'user',
  active: true,
  createdAt: at(0),
  updatedAt: at(0),
  ...cast[who],
});

const people: Readonly<Record<string, Golden>> = {
  '<ann>': known('ann'),
  '<tom>': known('tom'),
  '<eve>': known('eve'),
};
const assigning = (id: string, trainerId: string) => ({
  who: 'ada',
  requests: `POST /users/${id}/assign-trainer/${trainerId}`,
  route: 'POST /users/:id/assign-trainer/:trainerId',
});
const looksUp = (userId: string) => ['user.get', { userId }, people[userId] ?? { refused: 'not_found' }] as const;

/** An admin gives Ann a trainer, in place of whom she had. */
export const assigns = (who: 'tom' | 'eve'): Turn => {
  const trainer = who === 'tom' ? Tom : Eve;
  const link = { userA: '<ann>', userB: trainer.id, kind: 'assignment', status: 'confirmed' } as const;
  return {
    ...assigning('<ann>', trainer.id),
    runs: [
      looksUp('<ann>'),
      looksUp(trainer.id),
      ['link.put', { ...link, only: true }, { link: { ...link, updatedAt: at(30) } }],
    ],
    answer: [201, { ...user(Ann), assignedTrainerId: trainer.id, assignedTrainer: user(trainer) }],
  };
};

/** Nobody is made, and who is the trainer stays it. */
export const assignsNot = (id: string, trainerId: string, code: 'not_found' | 'invalid'): Turn => ({
  ...assigning(id, trainerId),
  runs: [looksUp(id), looksUp(trainerId)],
  answer: refusal(code === 'invalid' ? 400 : 404, code),
});
