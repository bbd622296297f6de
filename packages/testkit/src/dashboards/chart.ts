/** What a dashboard shows: one line here is one panel there. */
export type Chart = {
  title: string;
  /** What a good one looks like, or where to look next. */
  about: string;
  /** Of Grafana: `s`, `bytes`, `ops` (a second), `percentunit`, `short`. */
  unit: 's' | 'bytes' | 'ops' | 'percentunit' | 'short';
  /** PromQL by what its lines are called; `{{label}}` is filled in. */
  lines: Readonly<Record<string, string>>;
  stacked?: boolean;
};

export type Dashboard = { title: string; about: string; byNode?: boolean; charts: readonly Chart[] };

/** A second's worth of a counter. */
export const rate = (series: string, by = ''): string =>
  `sum${by && ` by (${by})`} (rate(${series}[$__rate_interval]))`;

/** A share of a histogram's observations took less. `of` is its name, with or without matchers. */
export const quantile = (share: number, of: string, by = ''): string =>
  `histogram_quantile(${share}, ${rate(seriesOf(of, 'bucket'), by === '' ? 'le' : `le, ${by}`)})`;

/** What one observation of a histogram took. */
export const mean = (name: string, by: string): string =>
  `${rate(seriesOf(name, 'sum'), by)} / ${rate(seriesOf(name, 'count'), by)}`;

const seriesOf = (histogram: string, series: string): string => histogram.replace(/^\w+/, `$&_${series}`);
