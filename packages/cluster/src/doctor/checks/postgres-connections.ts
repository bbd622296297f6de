import { connectionsMax } from '@parley/store-postgres';
import { type Check, error, warning } from '../check.ts';

/** For a migration, `parley`, backups and whoever looks with psql. */
export const forPeople = 10;

export const postgresConnections: Check = {
  name: 'PostgreSQL connections',
  find: ({ postgres, processes }) => {
    if (!postgres) return undefined;
    const of = (name: string): number => Number(postgres.settings.get(name) ?? 0);
    const max = of('max_connections') - of('superuser_reserved_connections');
    const remedy = (needed: number) =>
      `Set max_connections to ${needed + of('superuser_reserved_connections')} or more and restart it, or put pgbouncer in between.`;
    const wanted = (processes ?? 0) * connectionsMax + forPeople;
    if (wanted > max) {
      return [
        error(
          `${processes} processes of nodes may open ${connectionsMax} connections each, and ${forPeople} are for people: ${wanted} of ${max}`,
          remedy(wanted),
        ),
      ];
    }
    if (postgres.sessions + forPeople <= max) return [];
    return [warning(`${postgres.sessions} of ${max} connections are taken`, remedy(postgres.sessions + forPeople))];
  },
};
