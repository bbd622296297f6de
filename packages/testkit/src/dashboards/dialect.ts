import { type Dashboard, quantile, rate } from './chart.ts';

export const dialect: Dashboard = {
  title: 'Parley: dialects',
  about: 'The clients of other products: what they say in their own words, and what they are answered.',
  charts: [
    {
      title: 'Sessions, by dialect',
      about: 'native: our own SDK, and every Socket.IO client of the native contract.',
      unit: 'short',
      lines: {
        '{{dialect}}': 'sum by (dialect) (parley_connections)',
      },
      stacked: true,
    },
    {
      title: 'Sessions, by transport',
      about: 'As they began; most long-polling sessions become WebSockets.',
      unit: 'short',
      lines: {
        '{{transport}}': 'sum by (transport) (parley_connections)',
      },
      stacked: true,
    },
    {
      title: 'Events, by dialect',
      about: 'As their clients say them.',
      unit: 'ops',
      lines: {
        '{{dialect}}': rate('parley_dialect_event_duration_seconds_count', 'dialect'),
      },
      stacked: true,
    },
    {
      title: 'Events, by name',
      about: 'Of all dialects.',
      unit: 'ops',
      lines: {
        '{{dialect}} {{event}}': rate('parley_dialect_event_duration_seconds_count', 'dialect, event'),
      },
      stacked: true,
    },
    {
      title: 'Refused, by code',
      about: 'A client that was changed shows here first.',
      unit: 'ops',
      lines: {
        '{{dialect}} {{event}}: {{outcome}}': rate(
          'parley_dialect_event_duration_seconds_count{outcome!="ok"}',
          'dialect, event, outcome',
        ),
      },
    },
    {
      title: 'Events, p99',
      about: 'From the frame to the end of what it asks.',
      unit: 's',
      lines: {
        '{{dialect}} {{event}}': quantile(0.99, 'parley_dialect_event_duration_seconds', 'dialect, event'),
      },
    },
    {
      title: 'Names that no table has',
      about: 'Old clients, or somebody who tries things.',
      unit: 'ops',
      lines: {
        '{{dialect}}': rate('parley_dialect_unknown_events_total', 'dialect'),
        native: rate('parley_unknown_commands_total'),
      },
    },
    {
      title: 'Requests, by route',
      about: 'The routes of a dialect begin with its own paths.',
      unit: 'ops',
      lines: {
        '{{method}} {{route}}': rate('parley_http_request_duration_seconds_count', 'method, route'),
      },
    },
  ],
};
