import { type Check, warning } from '../check.ts';

/** A node for 5,000 clients, with what else it opens. */
const filesMin = 8_192;

export const fileLimits: Check = {
  name: 'file limits',
  find: ({ fileLimits: limits }) =>
    limits
      .filter(({ max }) => max < filesMin)
      .map(({ name, max }) =>
        warning(
          `${name} may have ${max} files open, and each connection is one`,
          'ulimit -n 1048576 before the start, LimitNOFILE= in a unit of systemd, or `ulimits` in compose.',
        ),
      ),
};
