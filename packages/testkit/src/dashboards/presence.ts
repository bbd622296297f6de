import { type Dashboard, rate } from './chart.ts';

export const presence: Dashboard = {
  title: 'Parley: presence',
  about: 'Who is there: leases of nodes, sweeps, and what is told of it.',
  charts: [
    {
      title: 'Connections that presence knows of',
      about: 'The same as the sessions of the node, twice for the staff.',
      unit: 'short',
      lines: {
        '{{instance}}': 'parley_presence_connections',
      },
    },
    {
      title: 'Redis answers',
      about: '1 while every shard does.',
      unit: 'short',
      lines: {
        '{{instance}}': 'parley_presence_redis_up',
      },
    },
    {
      title: 'Renewals of leases, by outcome',
      about: 'lost: the node stalled for longer than its lease of 8 s.',
      unit: 'ops',
      lines: {
        '{{outcome}}': rate('parley_presence_renewals_total', 'outcome'),
      },
    },
    {
      title: 'Registered again',
      about: 'After a lost lease, or an empty Redis.',
      unit: 'ops',
      lines: {
        '{{instance}}': rate('parley_presence_reregistrations_total', 'instance'),
      },
    },
    {
      title: 'Transitions, by cause',
      about: 'Each is told once over all nodes.',
      unit: 'ops',
      lines: {
        '{{cause}}': rate('parley_presence_transitions_total', 'cause'),
      },
      stacked: true,
    },
    {
      title: 'Sweeps, and ghosts found',
      about: 'Ghosts are connections of a node that is gone.',
      unit: 'ops',
      lines: {
        sweeps: rate('parley_presence_sweeps_total'),
        ghosts: rate('parley_presence_ghosts_swept_total'),
      },
    },
    {
      title: 'Answered as unknown',
      about: 'Nobody is called offline wrongly: this is said instead.',
      unit: 'ops',
      lines: {
        '{{instance}}': rate('parley_presence_unknown_answers_total', 'instance'),
      },
    },
    {
      title: 'Watchers told to read again',
      about: 'Announcements may have been missed.',
      unit: 'ops',
      lines: {
        '{{instance}}': rate('parley_presence_resyncs_total', 'instance'),
      },
    },
  ],
};
