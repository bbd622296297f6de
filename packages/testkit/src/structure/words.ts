import { isAboutRules, isCode, isGenerated, matches, type Project, type Rule, type SourceFile } from './project.ts';

const typeEscapes = /\bas any\b|:\s*any\b(?!')|<any[,>]|\bas unknown as\b|@ts-(?:ignore|expect-error|nocheck)/;
const lintEscapes = /\b(?:oxlint|eslint)-disable|biome-ignore/;
const unfinished = /\b(?:TODO|FIXME|XXX)\b/;
const machinePaths = /(?<![\w.\-/])\/(?:work|root|Users)\/|(?<![\w.\-/])\/home\/(?!node\b)/;
const registryHosts = /\b(?:registry|tarball):\s*['"]?https?:|_authToken/;

export const noEscapes: Rule = {
  name: 'nothing escapes from the types or the linter',
  check: (project) =>
    judged(project)
      .filter((file) => isCode(file))
      .flatMap((file) => [
        ...matches(withoutStrings(file), typeEscapes, 'escapes from the types'),
        ...matches(file, lintEscapes, 'silences the linter'),
      ]),
};

export const finished: Rule = {
  name: 'nothing is marked as unfinished',
  check: (project) =>
    judged(project)
      .filter((f) => f.path !== 'pnpm-lock.yaml' && !isGenerated(f))
      .flatMap((f) => matches(f, unfinished, 'is marked as unfinished')),
};

export const noMachine: Rule = {
  name: 'no path of one machine and no registry host is written down',
  check: (project) =>
    judged(project).flatMap((file) => [
      ...matches(file, machinePaths, 'names a path of one machine'),
      ...matches(file, registryHosts, 'names a registry'),
    ]),
};

function judged({ files }: Project): SourceFile[] {
  return files.filter((file) => !isAboutRules(file));
}

/** Comments and texts may speak of types; only code can escape from them. */
function withoutStrings(file: SourceFile): SourceFile {
  const text = file.text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => (comment.includes('@ts-') ? comment : comment.replace(/[^\n]/g, '')))
    .replace(/\/\/(?!.*@ts-).*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
  return { path: file.path, text };
}
