import { StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  type Dashboard as GrafanaDashboard,
  QueryVariableBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Chart, Dashboard } from './chart.ts';

/** As infra/grafana/provisioning names it. */
const prometheus = { type: 'prometheus', uid: 'prometheus' };

/** Of the 24 columns of Grafana's grid. */
const panel = { columns: 12, rows: 8 };

/** Built by Grafana's own SDK, which is generated from its schema: what does not fit there does not compile here. */
export function grafanaOf(uid: string, { title, about, byNode = false, charts }: Dashboard): GrafanaDashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(about)
    .tags(['parley'])
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly();
  if (byNode) builder.withVariable(nodes());
  for (const [i, chart] of charts.entries()) builder.withPanel(panelOf(chart, i));
  return builder.build();
}

function nodes(): QueryVariableBuilder {
  return new QueryVariableBuilder('node')
    .query('label_values(parley_readiness, instance)')
    .datasource(prometheus)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ text: 'All', value: '$__all' });
}

function panelOf({ title, about, unit, lines, stacked = false }: Chart, i: number): PanelBuilder {
  const { columns, rows } = panel;
  const builder = new PanelBuilder()
    .id(i + 1)
    .title(title)
    .description(about)
    .datasource(prometheus)
    .unit(unit)
    .gridPos({ w: columns, h: rows, x: (i % 2) * columns, y: Math.floor(i / 2) * rows })
    .fillOpacity(stacked ? 30 : 0)
    .stacking(new StackingConfigBuilder().mode(stacked ? StackingMode.Normal : StackingMode.None));
  for (const [n, [legend, expr]] of Object.entries(lines).entries()) {
    const refId = String.fromCodePoint('A'.charCodeAt(0) + n);
    builder.withTarget(new DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend).range());
  }
  return builder;
}
