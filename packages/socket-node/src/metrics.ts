import { Counter, Gauge, Histogram, type Registry } from '@parley/node-kit';
import type { CommandName, ErrorCode } from '@parley/protocol';
import type { Server } from 'socket.io';

export type CommandMetrics = {
  /** Starts the clock of one command; the answer stops it. */
  begin(command: CommandName): (outcome: 'ok' | ErrorCode) => void;
  unknown(): void;
};

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
    help: 'Frames that name no command.',
    registers: [registry],
  });
  return {
    begin(command) {
      const startedAt = performance.now();
      return (outcome) => duration.observe({ command, outcome }, (performance.now() - startedAt) / 1000);
    },
    unknown: () => unknown.inc(),
  };
}

export function sessionMetrics(registry: Registry) {
  return {
    connections: new Gauge({
      name: 'parley_connections',
      help: 'Sessions that are ready, by transport at their start.',
      labelNames: ['transport'],
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
    ready: new Histogram({
      name: 'parley_session_ready_seconds',
      help: 'From the handshake to session.ready.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    }),
  };
}

/** What this node listens to for its sessions: inboxes and conversations. */
export function measureRooms(registry: Registry, io: Pick<Server, 'of'>): void {
  const gauge = new Gauge({
    name: 'parley_rooms',
    help: 'Rooms in which this node has a session.',
    registers: [],
    collect() {
      const { rooms, sids } = io.of('/').adapter;
      // Socket.IO gives each socket a room of its own, which nobody tells anything.
      this.set(Math.max(0, rooms.size - sids.size));
    },
  });
  registry.registerMetric(gauge);
}

export type SessionMetrics = ReturnType<typeof sessionMetrics>;
