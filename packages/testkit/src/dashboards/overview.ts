import { type Dashboard, quantile, rate } from './chart.ts';

const sends = 'parley_command_duration_seconds{command="message.send",outcome="ok"}';

export const overview: Dashboard = {
  title: 'Parley: overview',
  about: 'Whether the promises hold, and what there is to do.',
  charts: [
    {
      title: 'Burn rate of an hour, by promise',
      about: 'Above 1 a budget of 30 days ends before its time; above 14.4 somebody is woken.',
      unit: 'short',
      lines: { '{{slo}}': 'slo:burn_rate:1h' },
    },
    {
      title: 'Budget left of 30 days',
      about: 'Below 0 a promise was broken.',
      unit: 'percentunit',
      lines: {
        '{{slo}}':
          '1 - avg_over_time(slo:errors:rate5m[30d]) / avg_over_time(slo:events:rate5m[30d]) / slo:error_budget:ratio',
      },
    },
    {
      title: 'Alerts',
      about: 'Each has a page in infra/runbook.',
      unit: 'short',
      lines: { '{{alertname}} {{instance}}': 'ALERTS{alertstate="firing"}' },
      stacked: true,
    },
    {
      title: 'Sends, by outcome',
      about: 'ok is what clients asked for; a refusal for their own doing costs no budget.',
      unit: 'ops',
      lines: { '{{outcome}}': rate('parley_command_duration_seconds_count{command="message.send"}', 'outcome') },
      stacked: true,
    },
    {
      title: 'From a send to its acknowledgement',
      about: 'The message is on the disk by then. The promise: 99 % within 100 ms.',
      unit: 's',
      lines: { p50: quantile(0.5, sends), p99: quantile(0.99, sends) },
    },
    {
      title: 'From telling to the socket, p99',
      about: 'local: clients of the node that stored it; remote: those of the others.',
      unit: 's',
      lines: { '{{from}}': quantile(0.99, 'parley_fanout_tell_seconds', 'from') },
    },
    {
      title: 'Requests, by status',
      about: 'Of all routes.',
      unit: 'ops',
      lines: { '{{status}}': rate('parley_http_request_duration_seconds_count', 'status') },
      stacked: true,
    },
    {
      title: 'Sessions',
      about: 'Open ones, by dialect.',
      unit: 'short',
      lines: { '{{dialect}}': 'sum by (dialect) (parley_connections)' },
      stacked: true,
    },
    {
      title: 'Sessions that begin and end',
      about: 'Both high together: a reconnect storm, or a rollout.',
      unit: 'ops',
      lines: {
        begin: rate('parley_session_ready_seconds_count'),
        'end: {{reason}}': rate('parley_sessions_closed_total', 'reason'),
      },
    },
    {
      title: 'Nodes, by what they say of themselves',
      about: 'Beside it, how many HAProxy sends clients to.',
      unit: 'short',
      lines: {
        '{{job}} {{state}}': 'sum by (job, state) (parley_readiness) > 0',
        'HAProxy: {{proxy}}': 'haproxy_backend_active_servers{proxy=~"sockets|api"}',
      },
    },
  ],
};
