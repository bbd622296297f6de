import { Counter, Gauge, Histogram, type Registry } from '@parley/node-kit';

const nets = ['hold', 'tail', 'resync'] as const;
/** Who made up for what was lost. */
export type Net = (typeof nets)[number];

export function createFanoutMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: `parley_fanout_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name: `parley_fanout_${name}`, help, labelNames, registers });
  return {
    told: counter('told_total', 'Events that this node told, by their name.', 'event'),
    publishes: counter('publishes_total', 'Messages handed to Redis: one per room and tick.'),
    publishSeconds: new Histogram({
      name: 'parley_fanout_publish_seconds',
      help: "From handing one tick's messages to Redis to its answer, or to its failure.",
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    /** Reads on each scrape what Redis has not answered yet. */
    watchPublishes(read: () => { messages: number; bytes: number }): void {
      const messages: Gauge = new Gauge({
        name: 'parley_fanout_pending_publishes',
        help: 'Messages handed to Redis that it has not answered.',
        registers,
        collect: () => messages.set(read().messages),
      });
      const bytes: Gauge = new Gauge({
        name: 'parley_fanout_pending_publish_bytes',
        help: 'Bytes of the messages that Redis has not answered.',
        registers,
        collect: () => bytes.set(read().bytes),
      });
    },
    failures: counter('failures_total', 'Redis commands that failed or were not sent, by command.', 'command'),
    heard: counter('heard_total', 'Messages from other nodes.'),
    deliveries: counter('deliveries_total', 'Events written to local sockets.'),
    writes: counter('writes_total', 'Writes that carried them: one per socket and tick.'),
    tellSeconds: new Histogram({
      name: 'parley_fanout_tell_seconds',
      help: 'From telling to the write, by where it was told. Between hosts it contains the difference of their clocks.',
      labelNames: ['from'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    hopSeconds: new Histogram({
      name: 'parley_fanout_hop_seconds',
      help: 'Of one send in a hundred over sockets: from its frame to the lane (admit), to its batch (queue), to its commit (commit), to Redis (publish), to another node (travel, with the difference of their clocks), to the sockets there (write); and from its commit to the sockets of its own node (own).',
      labelNames: ['hop'],
      buckets: [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    dropped: counter('dropped_total', 'Frames that were not emitted.', 'why'),
    held: counter('held_total', 'Frames that came before their turn.'),
    holes: counter('holes_total', 'Holes that the log was asked about.'),
    repaired: counter(
      'repaired_total',
      `Events told from the log because they were lost on the way, by net (${nets.join(', ')}).`,
      'net',
      'kind',
    ),
    resyncs: counter('resyncs_total', 'Times that everything local was compared with the log.', 'trouble'),
    evicted: counter('evicted_total', 'Sockets taken from a room because their user is no member any more.'),
    slowClients: counter('slow_clients_total', 'Clients that were cut because they stopped reading.'),
    bufferBytes: gauge('write_buffer_max_bytes', 'The fullest write buffer of the last sample.'),
    bufferPackets: gauge('write_buffer_max_packets', 'The longest write buffer of the last sample.'),
    redisUp: gauge('redis_up', 'Whether the connection to Redis is there.', 'connection'),
  };
}

/** Registers what a fan-out registers, for whoever asks only what there is. */
export function registerFanoutMetrics(registry: Registry): void {
  createFanoutMetrics(registry).watchPublishes(() => ({ messages: 0, bytes: 0 }));
}

export type FanoutMetrics = ReturnType<typeof createFanoutMetrics>;
