import { Counter, Gauge, type Registry } from '@parley/node-kit';

export function presenceMetrics(registry: Registry) {
  const registers = [registry];
  return {
    renewals: new Counter({
      name: 'parley_presence_renewals_total',
      help: "Renewals of this node's lease, one for each shard: the first of all, held, lost (it had run out) or failed.",
      labelNames: ['outcome'],
      registers,
    }),
    reregistrations: new Counter({
      name: 'parley_presence_reregistrations_total',
      help: 'How often this node registered all connections of a shard again.',
      registers,
    }),
    sweeps: new Counter({
      name: 'parley_presence_sweeps_total',
      help: 'Sweeps of a shard by this node.',
      registers,
    }),
    ghosts: new Counter({
      name: 'parley_presence_ghosts_swept_total',
      help: 'Connections of nodes that are gone, which this node put into their grace.',
      registers,
    }),
    transitions: new Counter({
      name: 'parley_presence_transitions_total',
      help: 'Transitions announced by a call of this node; over all nodes each is counted once.',
      labelNames: ['cause'],
      registers,
    }),
    unknownAnswers: new Counter({
      name: 'parley_presence_unknown_answers_total',
      help: 'Users answered as unknown, because their shard is away or too young to tell.',
      registers,
    }),
    resyncs: new Counter({
      name: 'parley_presence_resyncs_total',
      help: 'How often watchers were told to read again, because announcements may have been missed.',
      registers,
    }),
    redisUp: new Gauge({
      name: 'parley_presence_redis_up',
      help: '1 while every shard answers this node.',
      registers,
    }),
    connections: new Gauge({
      name: 'parley_presence_connections',
      help: 'Connections of this node that presence knows of.',
      registers,
    }),
  };
}

export type PresenceMetrics = ReturnType<typeof presenceMetrics>;
