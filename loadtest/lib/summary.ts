/** What k6 hands to `handleSummary`, as far as we read it. */
export type Summary = {
  metrics: Record<
    string,
    { type: string; values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }
  >;
};

/**
 * One line per metric that has a threshold, and a last line that is the verdict:
 *
 *     ✓ parley_ack_ms  p(99)<250  (p(95)=4.1  p(99)=9.7)
 *     smoke: PASSED
 */
export function verdictOf(name: string, { metrics }: Summary): string {
  // A metric of one step has a threshold only so that k6 tells it apart.
  const judged = Object.entries(metrics)
    .filter(([metric]) => !metric.includes('{'))
    .flatMap(([metric, { values, thresholds }]) =>
      Object.entries(thresholds ?? {}).map(([rule, { ok }]) => ({ metric, rule, ok, values: shown(values) })),
    );
  judged.sort((a, b) => (a.metric < b.metric ? -1 : 1));
  const width = Math.max(0, ...judged.map(({ metric }) => metric.length));
  const lines = judged.map(
    ({ metric, rule, ok, values }) => `${ok ? '✓' : '✗'} ${metric.padEnd(width)}  ${rule}  (${values})`,
  );
  const crossed = judged.filter(({ ok }) => !ok);
  const verdict = crossed.length === 0 ? 'PASSED' : `FAILED: ${crossed.map(({ metric }) => metric).join(', ')}`;
  return `${[...lines, `${name}: ${verdict}`].join('\n')}\n`;
}

/** One line for each of these metrics that was measured, judged or not: for those who have nothing but a log. */
export function measuredOf(names: readonly string[], { metrics }: Summary): string {
  const lines = names.flatMap((name) => {
    const values = metrics[name]?.values;
    return values ? [`${name} ${shown(values)}\n`] : [];
  });
  return lines.join('');
}

/** k6 hands them over in no order. */
const order = ['count', 'rate', 'passes', 'fails', 'value', 'min', 'avg', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'];

function shown(values: Record<string, number>): string {
  return Object.entries(values)
    .toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([key, value]) => `${key}=${Number.isInteger(value) ? value : value.toFixed(2)}`)
    .join('  ');
}
