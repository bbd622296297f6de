import { noCycles } from './cycles.ts';
import { freshDashboards } from './dashboards.ts';
import { declaredImports, packageDirections } from './directions.ts';
import { documentedCommands, documentedPaths, freshDocuments } from './documents.ts';
import { fileLength, honestTests, packageShape, rootNames } from './files.ts';
import type { Rule } from './project.ts';
import { finished, noEscapes, noMachine } from './words.ts';

/** What `pnpm check` promises about the shape of the project, beyond format, lint and types. */
export const rules: readonly Rule[] = [
  rootNames,
  packageShape,
  packageDirections,
  declaredImports,
  noCycles,
  fileLength,
  honestTests,
  noEscapes,
  finished,
  noMachine,
  documentedCommands,
  documentedPaths,
  freshDocuments,
  freshDashboards,
];
