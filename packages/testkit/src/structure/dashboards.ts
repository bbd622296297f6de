import { dashboardFiles } from '../dashboards/index.ts';
import type { Rule } from './project.ts';

export const freshDashboards: Rule = {
  name: 'every dashboard is what its source says now',
  check: ({ files }) => {
    const wanted = new Map(dashboardFiles().map(({ path, text }) => [path, text]));
    const found = files.filter(({ path }) => path.startsWith('infra/grafana/dashboards/'));
    const stale = [...wanted].filter(([path, text]) => found.find((file) => file.path === path)?.text !== text);
    return [
      ...stale.map(([path]) => ({ path, message: 'is stale: run `pnpm docs`' })),
      ...found.filter(({ path }) => !wanted.has(path)).map(({ path }) => ({ path, message: 'is of no source' })),
    ];
  },
};
