import { registerFanoutMetrics } from '@parley/fanout-socketio';
import { createMetrics, measureReadiness, measureRefusals, measureTalkHost, type Registry } from '@parley/node-kit';
import { presenceMetrics } from '@parley/presence-redis';
import { registerStoreMetrics } from '@parley/store-postgres';
import { measureFiles, requestMetrics } from './metrics.ts';

/** What this kind of node counts, without a node: for the table of all metrics, which a test holds to a real one. */
export function nodeMetrics(): Registry {
  const { registry } = createMetrics();
  measureReadiness(registry, () => 'ready');
  measureRefusals(registry);
  measureTalkHost(registry);
  registerStoreMetrics(registry);
  presenceMetrics(registry);
  registerFanoutMetrics(registry);
  requestMetrics(registry);
  measureFiles(registry);
  return registry;
}
