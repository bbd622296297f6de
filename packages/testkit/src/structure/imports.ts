import { dirname, join } from 'node:path/posix';
import { isAboutRules, isCode, isTest, type Project, type SourceFile } from './project.ts';

/** `erased`: only types are imported, and nothing of it is left when the file runs. */
export type Import = { from: string; specifier: string; line: number; erased: boolean };

// Our formatter keeps a module's name on the line of its `from`, so that a line is enough to find it.
const pattern = /(?:\bfrom\s+|^\s*import\s+|\bimport(?:\.meta\.resolve)?\s*\(\s*)'([^'\n]+)'/g;

/** Every import, export-from, dynamic import and `import.meta.resolve` with a literal name, of types too; comments left out. */
export function importsOf(file: SourceFile): Import[] {
  const lines = withoutComments(file.text).split('\n');
  return lines.flatMap((text, index) =>
    [...text.matchAll(pattern)].map((match) => ({
      from: file.path,
      specifier: match[1] ?? '',
      line: index + 1,
      erased: isErased(statementUpTo(lines, index)),
    })),
  );
}

export function allImports(project: Project): Import[] {
  return project.files.filter((file) => isCode(file) && !(isTest(file) && isAboutRules(file))).flatMap(importsOf);
}

/** The path that a relative import names. */
export function target({ from, specifier }: Import): string {
  return join(dirname(from), specifier);
}

/** The package of a bare import: `@scope/name` or `name`, without what follows. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The import or export that ends in this line; it may have begun some lines before. */
function statementUpTo(lines: readonly string[], end: number): string {
  let start = end;
  while (start > 0 && !/^(?:import|export)\b/.test(lines[start] ?? '')) start -= 1;
  return lines.slice(start, end + 1).join(' ');
}

function isErased(statement: string): boolean {
  if (/^(?:import|export) type\b/.test(statement)) return true;
  const names = /^(?:import|export) \{(.*)\} from/.exec(statement)?.[1]?.split(',') ?? [];
  const named = names.map((name) => name.trim()).filter((name) => name !== '');
  return named.length > 0 && named.every((name) => name.startsWith('type '));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/^\s*\/\/.*$/gm, '');
}
