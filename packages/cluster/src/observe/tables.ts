import { type Metric, ourMetrics } from './metrics.ts';

/** The tables of infra/prometheus/README.md, in Markdown, by the names that its marks use. */
export const tables: Record<string, () => string> = {
  metrics: () =>
    [
      '| metric | type | labels | on | what it says |',
      '|---|---|---|---|---|',
      ...ourMetrics().map(
        ({ name, type, labels, on, help }) =>
          `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${where(on)} | ${help} |`,
      ),
    ].join('\n'),
};

const where = (on: Metric['on']): string => (on.length === 2 ? 'both' : on.join(''));
