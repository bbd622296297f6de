import type { Dashboard } from './chart.ts';
import { database } from './database.ts';
import { dialect } from './dialect.ts';
import { fanout } from './fanout.ts';
import { grafanaOf } from './grafana.ts';
import { node } from './node.ts';
import { overview } from './overview.ts';
import { presence } from './presence.ts';

export type { Dashboard } from './chart.ts';

/** Every dashboard, by the name of its file in infra/grafana/dashboards. */
export const dashboards: Readonly<Record<string, Dashboard>> = { overview, node, fanout, database, presence, dialect };

/** What Grafana reads, by the path from the root. `pnpm docs` writes it. */
export function dashboardFiles(): { path: string; text: string }[] {
  return Object.entries(dashboards).map(([name, dashboard]) => ({
    path: `infra/grafana/dashboards/${name}.gen.json`,
    text: `${JSON.stringify(grafanaOf(`parley-${name}`, dashboard), undefined, 2)}\n`,
  }));
}
