import { createLogger, createMetrics, type Logger, type Registry } from '@parley/node-kit';
import { createPresence, type PresenceOptions, type RedisPresence } from '../../src/index.ts';

/** Twenty times shorter than in production; a call may still take a quarter of a second on a busy machine. */
export const shortDurations = {
  leaseMs: 800,
  renewMs: 200,
  graceMs: 400,
  lostGraceMs: 800,
  youthMs: 400,
  commandTimeoutMs: 250,
};

/** For stages that stand side by side: a machine that is busy with all of them must not cost any its lease. */
export const longerDurations = {
  leaseMs: 1_600,
  renewMs: 400,
  graceMs: 800,
  lostGraceMs: 1_600,
  youthMs: 800,
  commandTimeoutMs: 500,
};

export const quiet: Logger = createLogger({ nodeId: 'test', slot: 's1', logLevel: 'silent' });

export type Board = RedisPresence & { registry: Registry };

/** A node's presence, begun, on metrics of its own. */
export async function startBoard(
  options: Pick<PresenceOptions, 'redisUrl'> & Partial<PresenceOptions>,
): Promise<Board> {
  const { registry } = createMetrics();
  const board = createPresence({ nodeId: 'node', registry, log: quiet, ...shortDurations, ...options });
  await board.start();
  return Object.assign(board, { registry });
}

/** The sum of one metric, over all its labels or those given. */
export async function metric(board: Board, name: string, labels: Record<string, string> = {}): Promise<number> {
  const found = await board.registry.getSingleMetric(name)?.get();
  const wanted = Object.entries(labels);
  return (found?.values ?? [])
    .filter((value) => wanted.every(([label, text]) => value.labels[label] === text))
    .reduce((sum, { value }) => sum + value, 0);
}
