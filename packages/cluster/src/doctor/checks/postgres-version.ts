import { type Check, error, warning } from '../check.ts';

const majorMin = 16;
const majorTested = 18;

export const postgresVersion: Check = {
  name: 'PostgreSQL version',
  find: ({ postgres }) => {
    if (!postgres) return undefined;
    const major = Math.floor(postgres.version / 10_000);
    if (major < majorMin) return [error(`PostgreSQL ${major} is too old`, `Use ${majorMin} to ${majorTested}.`)];
    if (major <= majorTested) return [];
    return [warning(`PostgreSQL ${major} is newer than what was tested`, `Use ${majorMin} to ${majorTested}.`)];
  },
};
