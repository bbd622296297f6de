import { type Dashboard, quantile, rate } from './chart.ts';

export const node: Dashboard = {
  title: 'Parley: node',
  about: 'One process: what it does, and what it has left.',
  byNode: true,
  charts: [
    {
      title: 'Event loop, share of the time',
      about: 'Above 0.9 everybody on the node waits.',
      unit: 'percentunit',
      lines: { '{{instance}}': 'parley_event_loop_utilization_ratio{instance=~"$node"}' },
    },
    {
      title: 'Event loop, p99 of its delay',
      about: 'What a frame waits before it is read.',
      unit: 's',
      lines: { '{{instance}}': 'parley_event_loop_lag_p99_seconds{instance=~"$node"}' },
    },
    {
      title: 'Memory',
      about: 'Resident, and the heap in use.',
      unit: 'bytes',
      lines: {
        '{{instance}}': 'process_resident_memory_bytes{instance=~"$node"}',
        '{{instance}} heap': 'nodejs_heap_size_used_bytes{instance=~"$node"}',
      },
    },
    {
      title: 'Collecting garbage, share of the time',
      about: 'Mostly major: the heap is nearly full.',
      unit: 'percentunit',
      lines: { '{{instance}} {{kind}}': rate('nodejs_gc_duration_seconds_sum{instance=~"$node"}', 'instance, kind') },
    },
    {
      title: 'Processor, cores',
      about: 'One event loop uses one core.',
      unit: 'short',
      lines: { '{{instance}}': rate('process_cpu_seconds_total{instance=~"$node"}', 'instance') },
    },
    {
      title: 'File descriptors, share of the limit',
      about: 'One for each session.',
      unit: 'percentunit',
      lines: { '{{instance}}': 'process_open_fds{instance=~"$node"} / process_max_fds' },
    },
    {
      title: 'Sessions',
      about: 'Within 10 % of each other after a rebalance.',
      unit: 'short',
      lines: { '{{instance}}': 'sum by (instance) (parley_connections{instance=~"$node"})' },
    },
    {
      title: 'Commands, by name',
      about: 'Of sessions on this node.',
      unit: 'ops',
      lines: { '{{command}}': rate('parley_command_duration_seconds_count{instance=~"$node"}', 'command') },
      stacked: true,
    },
    {
      title: 'Commands, p99',
      about: 'From the frame to its answer.',
      unit: 's',
      lines: { '{{command}}': quantile(0.99, 'parley_command_duration_seconds{instance=~"$node"}', 'command') },
    },
    {
      title: 'Routes, p99',
      about: 'From the request to the end of its answer.',
      unit: 's',
      lines: {
        '{{method}} {{route}}': quantile(
          0.99,
          'parley_http_request_duration_seconds{instance=~"$node"}',
          'method, route',
        ),
      },
    },
    {
      title: 'Refused at the door',
      about: 'overloaded: more than a node admits in a second.',
      unit: 'ops',
      lines: { '{{code}}': rate('parley_handshakes_refused_total{instance=~"$node"}', 'code') },
    },
    {
      title: 'Until a session is ready, p99',
      about: 'Token, rooms and inbox. The promise: 99 % within 500 ms.',
      unit: 's',
      lines: { '{{instance}}': quantile(0.99, 'parley_session_ready_seconds{instance=~"$node"}', 'instance') },
    },
  ],
};
