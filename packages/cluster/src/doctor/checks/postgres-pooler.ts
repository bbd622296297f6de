import { type Check, error, warning } from '../check.ts';

const settingsRemedy =
  'Name the server itself in DATABASE_URL; or set each of them for the database (alter database … set …), and let pgbouncer ignore `options` (infra/postgres/README.md, Behind pgbouncer).';

/** A pooler in between may keep from the server what a node asks for when it connects. */
export const postgresPooler: Check = {
  name: 'PostgreSQL pooler',
  find: ({ postgres, direct }) => {
    if (!postgres) return undefined;
    const { refusal, lacking, sharesSessions, keepsStatements } = postgres.pooler;
    const differing = lacking.map(({ setting, wanted, is }) => `${setting} is ${is}, not ${wanted}`).join('; ');
    return [
      ...(refusal === undefined
        ? []
        : [error(`a session is refused that asks for what a node needs: ${refusal}`, settingsRemedy)]),
      ...(differing === ''
        ? []
        : [error(`the settings that a node sends when it connects do not arrive: ${differing}`, settingsRemedy)]),
      ...(keepsStatements
        ? []
        : [
            error(
              'prepared statements are lost between two questions of one session',
              'pgbouncer 1.21 or newer with max_prepared_statements = 500, or pool_mode = session.',
            ),
          ]),
      ...(sharesSessions && keepsStatements && direct === 'none'
        ? [
            warning(
              'a pooler deals server processes out by transaction: the lock of migrations, which is a session’s, does not hold',
              'Name the server itself in DATABASE_DIRECT_URL: steps of the schema go there.',
            ),
          ]
        : []),
      ...(direct !== undefined && direct !== 'none' && direct.sharesSessions
        ? [
            error(
              'DATABASE_DIRECT_URL names a pooler by transaction: the lock of migrations, which is a session’s, does not hold',
              'Name the server itself there.',
            ),
          ]
        : []),
    ];
  },
};
