import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One file of the project, by its path from the root with forward slashes. */
export type SourceFile = { path: string; text: string };

/** What the rules look at: every file that belongs to the project, read once. */
export type Project = { root: string; rootNames: readonly string[]; files: readonly SourceFile[] };

/** One place where a rule does not hold. */
export type Finding = { path: string; line?: number; message: string };

/** A promise about the shape of the project. `check` is pure over the project, apart from generators that it imports. */
export type Rule = { name: string; check: (project: Project) => Finding[] | Promise<Finding[]> };

export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

/** `.git` is a file in a second work tree. */
const ignored = new Set(['node_modules', 'dist', '.git', '.parley']);
const ignoredFiles = /\.(?:tsbuildinfo|log|cpuprofile)$/;
const binary = /\.(?:png|jpe?g|gif|ico|woff2?|gz|pdf)$/;

export function readProject(root: string = projectRoot): Project {
  const files: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (ignored.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !ignoredFiles.test(entry.name) && !binary.test(entry.name)) {
        files.push({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') });
      }
    }
  };
  walk(root);
  const rootNames = readdirSync(root).filter((name) => !ignored.has(name) && !ignoredFiles.test(name));
  return { root, rootNames, files: files.sort((a, b) => a.path.localeCompare(b.path)) };
}

export function isCode(file: SourceFile): boolean {
  return /\.(?:ts|tsx|js|mjs)$/.test(file.path) && !isGenerated(file);
}

export function isTest(file: SourceFile): boolean {
  return /\.test\.tsx?$/.test(file.path);
}

export function isGenerated(file: SourceFile): boolean {
  return /\.(?:gen|golden)\./.test(file.path) || file.path.includes('/golden/');
}

/** The rules and their own test name what they forbid. */
export function isAboutRules(file: SourceFile): boolean {
  return /^packages\/testkit\/(?:src|test)\/structure[/.]/.test(file.path);
}

/** Every line that matches, as findings. */
export function matches(file: SourceFile, pattern: RegExp, message: string): Finding[] {
  return file.text
    .split('\n')
    .flatMap((text, index) => (pattern.test(text) ? [{ path: file.path, line: index + 1, message }] : []));
}
