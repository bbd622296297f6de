import { Counter, Gauge, Histogram, type Registry } from '@parley/node-kit';
import type { CommandName, ErrorCode } from '@parley/protocol';

export type CommandMetrics = {
  /** Starts the clock of one command; the answer stops it. */
  begin(command: CommandName): (outcome: 'ok' | ErrorCode) => void;
  unknown(): void;
  /** Asked once for each send: whether this one carries the times at which it came where. */
  isTimed(): boolean;
};

/** What is timed costs some microseconds, and 50 bytes on the way to each node. */
const sendsPerTimedOne = 100;

export function commandMetrics(registry: Registry): CommandMetrics {
  const duration = new Histogram({
    name: 'parley_command_duration_seconds',
    help: 'From the frame to its answer, by command and outcome.',
    labelNames: ['command', 'outcome'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const unknown = new Counter({
    name: 'parley_unknown_commands_total',
    help: 'Native frames that name no command.',
    registers: [registry],
  });
  let sends = 0;
  return {
    // The first one, too: whoever looks at a new node sees something soon.
    isTimed: () => sends++ % sendsPerTimedOne === 0,
    begin(command) {
      const startedAt = performance.now();
      return (outcome) => duration.observe({ command, outcome }, (performance.now() - startedAt) / 1000);
    },
    unknown: () => unknown.inc(),
  };
}

export type DialectMetrics = {
  /** Starts the clock of one event of a dialect's table; the answer stops it. */
  begin(event: string): (outcome: 'ok' | ErrorCode) => void;
  /** An event that the table does not have: its name is the client's own, and so no label. */
  unknown(): void;
};

/** Rate, errors and duration of the events of the contracts that have a table; native ones are commands. */
export function dialectMetrics(registry: Registry): (dialect: string) => DialectMetrics {
  const duration = new Histogram({
    name: 'parley_dialect_event_duration_seconds',
    help: "From the frame of another product's client to the end of what it asks, by dialect, event and outcome.",
    labelNames: ['dialect', 'event', 'outcome'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const unknown = new Counter({
    name: 'parley_dialect_unknown_events_total',
    help: "Frames that name no event of their dialect's table.",
    labelNames: ['dialect'],
    registers: [registry],
  });
  return (dialect) => ({
    begin(event) {
      const startedAt = performance.now();
      return (outcome) => duration.observe({ dialect, event, outcome }, (performance.now() - startedAt) / 1000);
    },
    unknown: () => unknown.inc({ dialect }),
  });
}

export function sessionMetrics(registry: Registry) {
  return {
    connections: new Gauge({
      name: 'parley_connections',
      help: 'Open sessions, by transport at their start and by dialect.',
      labelNames: ['transport', 'dialect'],
      registers: [registry],
    }),
    refused: new Counter({
      name: 'parley_handshakes_refused_total',
      help: 'Handshakes that were refused, by code.',
      labelNames: ['code'],
      registers: [registry],
    }),
    ended: new Counter({
      name: 'parley_sessions_ended_total',
      help: 'Sessions that the server ended, by code of the closings table.',
      labelNames: ['code'],
      registers: [registry],
    }),
    closed: new Counter({
      name: 'parley_sessions_closed_total',
      help: "Sessions that ended, whoever ended them, by Socket.IO's reason.",
      labelNames: ['reason'],
      registers: [registry],
    }),
    ready: new Histogram({
      name: 'parley_session_ready_seconds',
      help: 'From the handshake to session.ready.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    }),
  };
}

/** What this node listens to for its sessions: inboxes and conversations. */
export function measureRooms(registry: Registry, count: () => number): void {
  const gauge = new Gauge({
    name: 'parley_rooms',
    help: 'Rooms in which this node has a session.',
    registers: [],
    collect() {
      this.set(count());
    },
  });
  registry.registerMetric(gauge);
}

export type SessionMetrics = ReturnType<typeof sessionMetrics>;
