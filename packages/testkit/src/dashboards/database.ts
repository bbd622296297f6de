import { type Dashboard, mean, quantile, rate } from './chart.ts';

export const database: Dashboard = {
  title: 'Parley: database',
  about: 'PostgreSQL, as the nodes see it: sends in batches on a line of their own, all else through the pool.',
  charts: [
    {
      title: 'Stored, and asked for again',
      about: 'again: a client repeats what it had no answer to.',
      unit: 'ops',
      lines: {
        stored: rate('parley_store_stored_rows_total'),
        again: rate('parley_store_duplicate_rows_total'),
      },
    },
    {
      title: 'Messages in a batch',
      about: 'It grows with the load: that is what keeps the database from it.',
      unit: 'short',
      lines: {
        '{{instance}}': mean('parley_store_batch_rows', 'instance'),
      },
    },
    {
      title: 'From a batch to its commit',
      about: 'Most of it is the disk.',
      unit: 's',
      lines: {
        p50: quantile(0.5, 'parley_store_batch_seconds'),
        p99: quantile(0.99, 'parley_store_batch_seconds'),
      },
    },
    {
      title: 'Messages that wait',
      about: 'At 10,000 a node answers busy.',
      unit: 'short',
      lines: {
        '{{instance}}': 'parley_store_queued_rows',
      },
    },
    {
      title: 'Not stored, by code',
      about: 'A refusal for the sender, or a failure of the database.',
      unit: 'ops',
      lines: {
        '{{code}}': rate('parley_store_refused_rows_total', 'code'),
      },
    },
    {
      title: 'Held, and stored one by one',
      about: 'held: somebody else has the conversation; one by one: a batch had a bad row.',
      unit: 'ops',
      lines: {
        held: rate('parley_store_held_conversations_total'),
        'one by one': rate('parley_store_row_by_row_batches_total'),
      },
    },
    {
      title: 'Statements, p99',
      about: 'All of them slow: the disk or a lock; one of them: its plan.',
      unit: 's',
      lines: {
        '{{statement}}': quantile(0.99, 'parley_store_statement_seconds', 'statement'),
      },
    },
    {
      title: 'Statements, their share of the time',
      about: 'The largest is the one to look at first.',
      unit: 'ops',
      lines: {
        '{{statement}}': rate('parley_store_statement_seconds_sum', 'statement'),
      },
      stacked: true,
    },
    {
      title: 'Pool: busy, and waiting for a connection',
      about: 'Anything that waits for long says that the pool is too small, or PostgreSQL too slow.',
      unit: 'short',
      lines: {
        '{{instance}} busy': 'parley_store_pool_connections{state="busy"}',
        '{{instance}} waiting': 'parley_store_pool_waiting_requests',
      },
    },
    {
      title: 'Failures, and lost connections',
      about: 'Both 0, but for the seconds of a fail-over.',
      unit: 'ops',
      lines: {
        '{{code}}': rate('parley_store_failures_total', 'code'),
        'lost connections': rate('parley_store_lost_connections_total'),
      },
    },
  ],
};
