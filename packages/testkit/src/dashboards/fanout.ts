import { type Dashboard, mean, quantile, rate } from './chart.ts';

export const fanout: Dashboard = {
  title: 'Parley: fan-out',
  about: 'How what was stored reaches those who are connected, and what was lost on the way and made up for.',
  charts: [
    {
      title: 'Where the milliseconds of a send go',
      about:
        'From its frame to the sockets of the other nodes, of one in a hundred: the mean of each hop, upon each other.',
      unit: 's',
      lines: { '{{hop}}': mean('parley_fanout_hop_seconds{hop!="own"}', 'hop') },
      stacked: true,
    },
    {
      title: 'Each hop of a send, p99',
      about: 'own: from the commit to the sockets of the same node, which do not wait for Redis.',
      unit: 's',
      lines: { '{{hop}}': quantile(0.99, 'parley_fanout_hop_seconds', 'hop') },
    },
    {
      title: 'Told, by event',
      about: 'Once for each event, on the node that stored it.',
      unit: 'ops',
      lines: { '{{event}}': rate('parley_fanout_told_total', 'event') },
      stacked: true,
    },
    {
      title: 'Deliveries and the writes that carried them',
      about: 'Their ratio is what a tick saves.',
      unit: 'ops',
      lines: { deliveries: rate('parley_fanout_deliveries_total'), writes: rate('parley_fanout_writes_total') },
    },
    {
      title: 'From telling to the socket',
      about: 'Between hosts it contains the difference of their clocks.',
      unit: 's',
      lines: {
        'p50 {{from}}': quantile(0.5, 'parley_fanout_tell_seconds', 'from'),
        'p99 {{from}}': quantile(0.99, 'parley_fanout_tell_seconds', 'from'),
      },
    },
    {
      title: 'Made up for from the log, by net',
      about: 'hold and tail are losses; resync is the comparison after an outage.',
      unit: 'ops',
      lines: { '{{net}}: {{kind}}': rate('parley_fanout_repaired_total', 'net, kind') },
    },
    {
      title: 'Came before its turn, asked the log, dropped',
      about: 'Some are usual: nodes publish side by side.',
      unit: 'ops',
      lines: {
        held: rate('parley_fanout_held_total'),
        'asked the log': rate('parley_fanout_holes_total'),
        'dropped: {{why}}': rate('parley_fanout_dropped_total', 'why'),
      },
    },
    {
      title: 'Redis, p99 of a publish',
      about: 'Nobody waits for it, but the clients of other nodes do.',
      unit: 's',
      lines: { '{{instance}}': quantile(0.99, 'parley_fanout_publish_seconds', 'instance') },
    },
    {
      title: 'Redis, unanswered publishes',
      about: 'It should be near 0 always.',
      unit: 'short',
      lines: { '{{instance}}': 'parley_fanout_pending_publishes' },
    },
    {
      title: 'Redis, commands that failed',
      about: 'What was published is lost then, and comes from the log.',
      unit: 'ops',
      lines: { '{{command}}': rate('parley_fanout_failures_total', 'command') },
    },
    {
      title: 'Write buffers, the fullest',
      about: 'Clients that do not read are cut.',
      unit: 'bytes',
      lines: { '{{instance}}': 'parley_fanout_write_buffer_max_bytes' },
    },
    {
      title: 'Clients cut, sockets evicted, comparisons',
      about: 'evicted: taken from a room because their user is no member any more.',
      unit: 'ops',
      lines: {
        'cut: not reading': rate('parley_fanout_slow_clients_total'),
        evicted: rate('parley_fanout_evicted_total'),
        'compared: {{trouble}}': rate('parley_fanout_resyncs_total', 'trouble'),
      },
    },
  ],
};
