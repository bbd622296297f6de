import type { Account } from '../generator/plan.ts';
import type { Sample } from './measure.ts';

/** What is read off a system, with the words and digits that tables show. CPU is that of all servers. */
export const metrics = {
  ackedPerSecond: { label: 'acknowledged messages/s', digits: 0 },
  deliveredPerSecond: { label: 'deliveries/s', digits: 0 },
  deliveredPerCpuSecond: { label: 'deliveries per CPU-second', digits: 0 },
  ackP50Ms: { label: 'ack p50, ms', digits: 2 },
  ackP99Ms: { label: 'ack p99, ms', digits: 1 },
  deliveryP50Ms: { label: 'delivery p50, ms', digits: 2 },
  deliveryP99Ms: { label: 'delivery p99, ms', digits: 1 },
  cpuMicros: { label: 'server CPU, µs/message', digits: 0 },
  nodeMicros: { label: '· socket nodes', digits: 0 },
  postgresMicros: { label: '· PostgreSQL', digits: 0 },
  redisMicros: { label: '· Redis', digits: 0 },
  generatorMicros: { label: 'generator CPU, µs/message', digits: 0 },
  commitsPerMessage: { label: 'commits/message', digits: 3 },
  redisCommandsPerMessage: { label: 'Redis commands/message', digits: 3 },
  connectionsPerCpuSecond: { label: 'connections accepted per CPU-second', digits: 0 },
  bytesPerConnection: { label: 'bytes of memory per idle connection', digits: 0 },
  otherCores: { label: 'cores used by others', digits: 2 },
} as const;

export type Metric = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as Metric[];

/** One system once, as the results keep it. A metric that a case does not ask for is absent. */
export type Reading = { values: Partial<Record<Metric, number>>; faults: string[]; account?: Account };

export function readingOf(sample: Sample): Reading {
  const { ackedPerSecond, deliveredPerSecond, ackMs, deliveryMs, cpuMicros, account, faults } = sample;
  const cpuSecondsPerSecond = (ackedPerSecond * cpuMicros.total) / 1e6;
  return {
    values: {
      ackedPerSecond,
      deliveredPerSecond,
      deliveredPerCpuSecond: deliveredPerSecond / cpuSecondsPerSecond,
      ackP50Ms: ackMs.p50,
      ackP99Ms: ackMs.p99,
      deliveryP50Ms: deliveryMs.p50,
      deliveryP99Ms: deliveryMs.p99,
      cpuMicros: cpuMicros.total,
      nodeMicros: cpuMicros.node,
      postgresMicros: cpuMicros.postgres,
      redisMicros: cpuMicros.redis,
      generatorMicros: sample.generatorMicros,
      commitsPerMessage: sample.commitsPerMessage,
      redisCommandsPerMessage: sample.redisCommandsPerMessage,
      otherCores: sample.disturbance.otherCores,
    },
    faults,
    account,
  };
}
