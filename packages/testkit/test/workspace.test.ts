import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../src/structure/project.ts';

it('an installation is judged by the Node that the scripts run on', () => {
  const workspace = readFileSync(join(projectRoot, 'pnpm-workspace.yaml'), 'utf8');
  const judged = /^nodeVersion: (\S+)$/m.exec(workspace)?.[1];
  const installed = /^ {2}node: (\S+)$/m.exec(workspace)?.[1];
  expect(installed).toMatch(/^\d+\.\d+\.\d+$/);
  expect(judged).toBe(installed);
  expect(process.version).toBe(`v${installed}`);
});
