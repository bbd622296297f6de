/** What is read off the parts, with the words and digits that tables show. Costs in µs of CPU. */
export const limitMetrics = {
  rowsPerSecond: { label: 'L1 · rows/s of one connection, numbered, in batches as large as ours', digits: 0 },
  commitsPerSecond: { label: 'L1 · rows/s of sixteen connections, committed one by one', digits: 0 },
  postgresRow: { label: 'L1 · a row of a batch, PostgreSQL, µs', digits: 1 },
  nodeRow: { label: 'L1 · a row of a batch, who sends it, µs', digits: 1 },
  publishesPerSecond: { label: 'L2 · publishes/s to two subscribers, sixteen at once', digits: 0 },
  publish: { label: 'L2 · one of sixteen publishes, Redis, µs', digits: 1 },
  publishAlone: { label: 'L2 · a publish alone, Redis, µs', digits: 1 },
  writesPerSecond: { label: 'L3 · frames/s to 500 sockets, each written and read alone', digits: 0 },
  receive: { label: 'L3 · a frame read alone, µs', digits: 1 },
  send: { label: 'L3 · a frame written alone, µs', digits: 1 },
  sendOfEight: { label: 'L3 · one of eight frames in a write, µs', digits: 1 },
} as const;

export type LimitMetric = keyof typeof limitMetrics;
export const limitNames = Object.keys(limitMetrics) as LimitMetric[];
export type LimitValues = Record<LimitMetric, number>;

/** The file of the limits. */
export type Limits = { at: string; rowsPerBatch: number; rounds: LimitValues[] };
