import { pingIntervalMs, pingTimeoutMs } from '@parley/node-kit';
import { type Check, type Complaint, error } from '../check.ts';
import { durationOf } from '../haproxy-config.ts';

/** After this both ends of a WebSocket know that the other is gone. */
const silenceMs = pingIntervalMs + pingTimeoutMs;

/** What has to be longer than what, and whom it cuts otherwise. */
const rules = [
  { name: 'timeout tunnel', longerThanMs: silenceMs, cuts: 'WebSockets that are quiet between two pings' },
  { name: 'timeout client', longerThanMs: silenceMs, cuts: 'long-polling clients that wait for the next ping' },
  { name: 'timeout server', longerThanMs: silenceMs, cuts: 'long-polling clients that wait for the next ping' },
  { name: 'hard-stop-after', longerThanMs: 600_000, cuts: 'at the end of a reload every WebSocket in one millisecond' },
];

export const haproxyTimeouts: Check = {
  name: 'HAProxy time limits against pings',
  find: ({ haproxyConfig: config }) =>
    config === undefined
      ? undefined
      : rules.flatMap(({ name, longerThanMs, cuts }) => judge(config, name, longerThanMs, cuts)),
};

function judge(config: string, name: string, longerThanMs: number, cuts: string): Complaint[] {
  const ms = durationOf(config, name);
  // Without `timeout tunnel` the one of clients counts; without `hard-stop-after` nobody is stopped.
  if (ms === undefined && (name === 'timeout tunnel' || name === 'hard-stop-after')) return [];
  if (ms !== undefined && ms > longerThanMs) return [];
  return [
    error(
      `${name} is ${ms === undefined ? 'not set' : `${ms} ms`}: it cuts ${cuts}`,
      `Set it well above ${longerThanMs} ms in haproxy.cfg.`,
    ),
  ];
}
