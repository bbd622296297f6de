import { type Check, error, warning } from '../check.ts';

const file = 'infra/postgres/postgresql.conf has the settings.';

/** An acknowledgement means that the message is on the disk. */
export const postgresDurability: Check = {
  name: 'PostgreSQL keeps what it acknowledged',
  find: ({ postgres }) => {
    if (!postgres) return undefined;
    const { settings } = postgres;
    const off = ['fsync', 'full_page_writes'].filter((name) => settings.get(name) !== 'on');
    return [
      ...off.map((name) =>
        error(
          `${name} is off: a crash of the machine loses what was acknowledged, or all of it`,
          `alter system set ${name} = on; select pg_reload_conf(); ${file}`,
        ),
      ),
      ...(['off', 'local', 'remote_write'].includes(settings.get('synchronous_commit') ?? 'on')
        ? [
            warning(
              `synchronous_commit is ${settings.get('synchronous_commit')} for sessions that ask for nothing; nodes ask for on`,
              `alter system set synchronous_commit = on; select pg_reload_conf(); ${file}`,
            ),
          ]
        : []),
    ];
  },
};
