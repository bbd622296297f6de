import { type Check, error, warning } from '../check.ts';

/** A pooler in between may keep from the server what a node asks for when it connects. */
export const postgresPooler: Check = {
  name: 'PostgreSQL pooler',
  find: ({ postgres }) => {
    if (!postgres) return undefined;
    const { takesOptions, sharesSessions, keepsStatements } = postgres.pooler;
    return [
      ...(takesOptions
        ? []
        : [
            error(
              'the settings that a node sends when it connects (synchronous_commit, time limits, plans) do not arrive',
              'Name the server itself in DATABASE_URL; or set them for the database, and let pgbouncer ignore `options` (infra/postgres/README.md, Behind pgbouncer).',
            ),
          ]),
      ...(keepsStatements
        ? []
        : [
            error(
              'prepared statements are lost between two questions of one session',
              'pgbouncer 1.21 or newer with max_prepared_statements = 500, or pool_mode = session.',
            ),
          ]),
      ...(sharesSessions && keepsStatements
        ? [
            warning(
              'a pooler deals server processes out by transaction: the lock of migrations, which is a session’s, does not hold',
              'Name the server itself in DATABASE_DIRECT_URL: steps of the schema go there.',
            ),
          ]
        : []),
    ];
  },
};
