import { type Check, error } from '../check.ts';

export const answers: Check = {
  name: 'servers answer',
  find: ({ silent }) =>
    silent.map(({ name, reason }) =>
      error(
        `${name} does not answer: ${reason}`,
        'Start it, or mend its URL; a firewall or a password may be in between.',
      ),
    ),
};
