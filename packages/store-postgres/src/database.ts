import { Failure, type LinkOf } from '@parley/core';
import type { Logger } from '@parley/node-kit';
import { Pool, type PoolClient } from 'pg';
import { answerTimeoutMs, connectionOptions } from './connection-options.ts';
import { endsConnection, failureOf, NoAnswer, type Stage, sqlStateOf } from './failures.ts';
import type { StoreMetrics } from './metrics.ts';
import type { Statement } from './statement.ts';

/** Runs one statement where it stands: in a transaction, or by itself. */
export type Run = <A, R>(statement: Statement<A, R>, args: A) => Promise<R[]>;

export type Database = {
  /** A statement that changes nothing. @throws Failure `unavailable` */
  readonly read: Run;
  /** A statement that changes something, in a transaction of its own. @throws Failure `outcome_unknown` besides */
  readonly write: Run;
  /** Reads that all see one moment. */
  snapshot<T>(work: (run: Run) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** A write that lost a deadlock was rolled back, and is tried this often in all. */
const writeTriesMax = 3;

type Options = {
  databaseUrl: string;
  poolMax: number;
  linkOf?: LinkOf;
  nodeId?: string | undefined;
  metrics: StoreMetrics;
  log: Logger;
};

/** The connections for everything but sends. They open when needed, and again after the database was away. */
export function openDatabase({ databaseUrl, poolMax, linkOf, nodeId, metrics, log }: Options): Database {
  const pool = new Pool({ ...connectionOptions(databaseUrl, 'reads and changes', { linkOf, nodeId }), max: poolMax });
  metrics.watchPool(pool);
  // An idle connection that is cut says so here; without a listener the process would exit.
  pool.on('error', (err) => log.warn({ err }, 'an idle connection to the database was lost'));
  // The pool hears a connection that is idle, and whoever took it the one that is at work. The server may end one in the
  // packet that makes it ready, when it is neither: whoever takes it is told by its first statement.
  pool.on('connect', (client) => client.on('error', () => undefined));

  async function withClient<T>(stage: Exclude<Stage, 'waiting'>, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const failed = (error: unknown, at: Stage) => {
      const failure = failureOf(error, at);
      metrics.failures.inc({ code: failure instanceof Failure ? failure.code : 'internal' });
      return failure;
    };
    const client = await pool.connect().catch((error: unknown) => {
      throw failed(error, 'waiting');
    });
    let broken: Error | undefined;
    const onError = (error: Error) => void (broken = error);
    client.on('error', onError);
    try {
      return await work(client);
    } catch (error) {
      if (endsConnection(error)) broken = new Error('not to be used again', { cause: error });
      throw failed(error, stage);
    } finally {
      client.removeListener('error', onError);
      client.release(broken);
    }
  }

  return {
    read: (statement, args) => withClient('reading', (client) => run(client, metrics, statement, args)),
    async write(statement, args) {
      for (let tries = 1; ; tries++) {
        try {
          return await withClient('writing', (client) => run(client, metrics, statement, args));
        } catch (error) {
          const lostDeadlock = error instanceof Error && ['40P01', '40001'].includes(sqlStateOf(error.cause) ?? '');
          if (!lostDeadlock || tries >= writeTriesMax) throw error;
        }
      }
    },
    snapshot: (work) =>
      withClient('reading', async (client) => {
        await answered(client.query('begin isolation level repeatable read read only'));
        const answer = await work((statement, args) => run(client, metrics, statement, args)).catch(async (error) => {
          if (!endsConnection(error)) await answered(client.query('rollback'));
          throw error;
        });
        await answered(client.query('commit'));
        return answer;
      }),
    close: () => pool.end(),
  };
}

async function run<A, R>(client: PoolClient, metrics: StoreMetrics, statement: Statement<A, R>, args: A): Promise<R[]> {
  const { name, text, values } = statement;
  const stop = metrics.statementSeconds.startTimer({ statement: name });
  try {
    const { rows } = await answered(client.query<R & object>({ name, text, values: values(args) }));
    return rows;
  } finally {
    stop();
  }
}

/** @throws NoAnswer after `answerTimeoutMs`; whoever called gives up the connection then */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    // After a stall of this process the timer is due before the socket is read: the answer that lies there goes first.
    timer = setTimeout(() => setImmediate(giveUp), answerTimeoutMs);
    const giveUp = () => reject(new NoAnswer(`no answer within ${answerTimeoutMs} ms`));
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
