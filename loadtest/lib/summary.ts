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
 *     ✓ parley_ack_ms            p(95)=4.1  p(99)=9.7      p(99)<250
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

function shown(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${Number.isInteger(value) ? value : value.toFixed(2)}`)
    .join('  ');
}
