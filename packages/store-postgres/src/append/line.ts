import type { Logger } from '@parley/node-kit';
import { sql } from 'kysely';
import { Client } from 'pg';
import { connectionOptions } from '../connection-options.ts';
import { answered } from '../database.ts';
import { endsConnection, failureOf } from '../failures.ts';
import type { StoreMetrics } from '../metrics.ts';
import { query, type Statement, statement } from '../statement.ts';

/** One connection of a lane: it opens when it is needed, and again when it was lost. Statements go one at a time. */
export type Line = {
  /**
   * @returns the rows, and the system identifier of the server that wrote them
   * @throws Failure `unavailable` when nothing could be sent; else the error as `pg` has it
   */
  run<A, R>(statement: Statement<A, R>, args: A): Promise<{ rows: R[]; system: string }>;
  close(): Promise<void>;
};

type Open = { client: Client; system: string };

const systemIdentifier = statement('system-identifier', () =>
  query
    .selectFrom(sql<{ system_identifier: number }>`pg_control_system()`.as('control'))
    .select(sql<string>`system_identifier::text`.as('system')),
);

type Options = { databaseUrl: string; nodeId: string | undefined; log: Logger; metrics: StoreMetrics };

export function createLine({ databaseUrl, nodeId, log, metrics }: Options): Line {
  let open: Open | undefined;

  function lose(client: Client) {
    if (open?.client !== client) return;
    open = undefined;
    metrics.lostConnections.inc();
  }

  async function connect(): Promise<Open> {
    const client = new Client(connectionOptions(databaseUrl, 'sends', { nodeId }));
    client.on('error', (err) => {
      log.warn({ err }, 'a connection for sends was lost');
      lose(client);
    });
    client.on('end', () => lose(client));
    try {
      await client.connect();
      const { name, text } = systemIdentifier;
      const { rows } = await answered(client.query<{ system: string }>({ name, text, values: [] }));
      open = { client, system: rows[0]?.system ?? '' };
      return open;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw failureOf(error, 'waiting');
    }
  }

  return {
    async run(statement, args) {
      const { client, system } = open ?? (await connect());
      const { name, text, values } = statement;
      try {
        const { rows } = await answered(client.query({ name, text, values: values(args) }));
        return { rows, system };
      } catch (error) {
        if (endsConnection(error)) {
          lose(client);
          void client.end().catch(() => undefined);
        }
        throw error;
      }
    },
    async close() {
      const last = open;
      open = undefined;
      await last?.client.end();
    },
  };
}
