import { type Check, error } from '../check.ts';

/** Also what production alone refuses, with NODE_ENV=production. */
export const secrets: Check = {
  name: 'spaces, their secrets and origins',
  find: ({ spaces }) =>
    spaces.map((problem) => error(problem, 'infra/spaces.md and infra/environment.md say what a start takes.')),
};
