import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardFiles } from './dashboards/index.ts';
import { documents, generated } from './structure/documents.ts';
import { projectRoot, readProject } from './structure/project.ts';

// `pnpm docs`: writes every generated table of every document anew, and every dashboard.
for (const { path, text } of documents(readProject())) {
  const fresh = await generated(projectRoot, text);
  if (fresh === text) continue;
  writeFileSync(join(projectRoot, path), fresh);
  console.log(`wrote ${path}`);
}
for (const { path, text } of dashboardFiles()) writeFileSync(join(projectRoot, path), text);
