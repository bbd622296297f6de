import type { Scenario } from '../scenarios/table.ts';
import { verdictOf } from '../lib/summary.ts';
import { type Chart, drawChart, escapeHtml } from './chart.ts';
import { costInWords, driftInWords } from './findings.ts';
import { comparisonOf, type Compared, number, type Outcome } from './outcome.ts';

export type Report = {
  outcome: Outcome;
  scenario: Scenario;
  charts: readonly Chart[];
  /** What was done to the servers, and when, as the charts number it. */
  marks: readonly Mark[];
  compared: { rows: readonly Compared[]; at: string } | undefined;
  /** What clients felt, over the same time. */
  felt: readonly Chart[];
  /** The export of k6's dashboard, where it made one. */
  dashboard: string | undefined;
};

export type Mark = { x: number; label: string };

/** `report.html`: one file, without a network, that says what was asked, what came out, and what the servers did meanwhile. */
export function drawReport({ outcome, scenario, charts, felt, marks, compared, dashboard }: Report): string {
  const { profile, at, plan, steps, knee, drifts, cost } = outcome;
  const title = `${outcome.scenario}, ${profile}`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>${style}</style>
<h1>${escapeHtml(title)}</h1>
<p>${at} at ${escapeHtml(plan.url)}: ${plan.size.clients} clients in conversations of ${plan.size.roomSize}</p>
<dl><dt>Asks</dt><dd>${escapeHtml(scenario.asks)}</dd><dt>Answers</dt><dd>${escapeHtml(scenario.answers)}</dd>
<dt>How to read it</dt><dd>${escapeHtml(scenario.read).replaceAll(/`([^`]*)`/g, '<code>$1</code>')}</dd></dl>
<h2>Verdict</h2><pre>${escapeHtml(verdictOf(outcome.scenario, outcome))}</pre>
${knee ? `<p><b>${escapeHtml(knee)}</b></p>` : ''}
${table(
  ['messages/s', 'seconds', 'acknowledged', 'ack p50', 'ack p99', 'delivery p99'],
  steps.map((step) => [
    step.perSecond,
    step.seconds,
    `${number(step.acked * 100)} %`,
    ms(step.ackP50),
    ms(step.ackP99),
    ms(step.deliveryP99),
  ]),
)}
${drifts.map((drift) => `<p>${escapeHtml(driftInWords(drift))}, after the warm-up</p>`).join('\n')}
${cost ? `<p>${escapeHtml(costInWords(cost))}</p>` : ''}
${compared ? `<h2>Compared</h2><pre>${escapeHtml(comparisonOf(compared.rows, compared.at))}</pre>` : ''}
${marks.length > 0 ? `<p>${marks.map(({ x, label }, i) => escapeHtml(`${i + 1}: ${label} (${x.toFixed(0)} s)`)).join(' · ')}</p>` : ''}
${felt.length > 0 ? `<h2>What clients felt</h2>${grid(felt)}` : ''}
<h2>The servers over the same time</h2>
${charts.length > 0 ? grid(charts) : '<p>Nobody could look at them: they run elsewhere.</p>'}
<h2>What k6 saw</h2>
${dashboard === undefined ? '<p>The run was too short for its dashboard.</p>' : `<iframe title="k6" srcdoc="${escapeHtml(dashboard)}"></iframe>`}
</html>
`;
}

const grid = (charts: readonly Chart[]): string => `<div class="charts">${charts.map(drawChart).join('\n')}</div>`;

const ms = (value: number): string => (Number.isNaN(value) ? '–' : `${number(value)} ms`);

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly (string | number)[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(String(cell))}</${tag}>`).join('')}</tr>`;
  return `<table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table>`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1180px; padding: 0 1rem; color: #1f2937 }
dt { font-weight: 600 } pre { background: #f3f4f6; padding: .8rem; overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #e5e7eb }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 1rem }
svg { width: 100%; box-sizing: border-box; padding-right: 14px; overflow: visible; background: #fff; border: 1px solid #e5e7eb } svg text { font: 11px system-ui, sans-serif; fill: #4b5563 }
svg .title { font-weight: 600; font-size: 13px; fill: #111827 } svg .y { text-anchor: end } svg .x { text-anchor: middle }
svg .grid { stroke: #e5e7eb } svg .mark { stroke: #9ca3af; stroke-dasharray: 4 3 }
iframe { width: 100%; height: 1400px; border: 1px solid #e5e7eb }
`;
