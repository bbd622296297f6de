import { type Check, warning } from '../check.ts';

/** Of this shell: a node says the same of its own when it starts. */
export const variables: Check = {
  name: 'names of variables',
  find: ({ unknownVariables }) =>
    unknownVariables.map((problem) => warning(problem, 'Mend its name, or unset it: the default counts in its place.')),
};
