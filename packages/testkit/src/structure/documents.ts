import { dirname, join } from 'node:path/posix';
import { pathToFileURL } from 'node:url';
import type { Finding, Project, Rule, SourceFile } from './project.ts';

/** Words that pnpm itself answers, so that no script of ours is meant. */
const pnpmOwn = new Set(['add', 'audit', 'dlx', 'deploy', 'exec', 'fetch', 'install', 'sbom', 'store', 'why']);

export const documentedCommands: Rule = {
  name: 'every command that a document names exists',
  check: (project) => {
    const scripts = scriptsOf(project);
    const ofParley = parleyCommands(project);
    return documents(project).flatMap((file) =>
      lines(file).flatMap(({ text, line }) => [
        ...wordsAfter(text, /\bpnpm(?:@\d+)? (?:--?[\w-]+ )*(?:run )?([a-z][\w:-]*)/g)
          .filter((name) => !pnpmOwn.has(name) && !scripts.has(name))
          .map((name) => ({ path: file.path, line, message: `\`pnpm ${name}\` is no script of package.json` })),
        ...wordsAfter(text, /\b(?:pnpm(?:@\d+)? (?:--?[\w-]+ )*|`)parley ([a-z][\w-]*)/g)
          .filter((name) => !ofParley.has(name))
          .map((name) => ({ path: file.path, line, message: `\`parley ${name}\` is no command` })),
      ]),
    );
  },
};

export const documentedPaths: Rule = {
  name: 'every file and heading that a document links to exists',
  check: (project) => {
    const exists = new Set(project.files.flatMap(({ path }) => [path, ...foldersOf(path)]));
    const anchors = new Map(documents(project).map((file) => [file.path, anchorsOf(file)]));
    return documents(project).flatMap((file) =>
      lines(file).flatMap(({ text, line }) =>
        [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?/g)]
          .filter(([, link = '', anchor]) => {
            const path = link === '' ? file.path : join(dirname(file.path), link).replace(/\/$/, '');
            return !exists.has(path) || (anchor !== undefined && anchors.get(path)?.has(anchor) === false);
          })
          .map(([, link = '', anchor]) => {
            const to = anchor === undefined ? link : `${link}#${anchor}`;
            return { path: file.path, line, message: `links to ${to}, which does not exist` };
          }),
      ),
    );
  },
};

/**
 * A table that code knows stands between two marks, the first of which names the module and the table:
 *
 *     <!-- generated: packages/protocol/src/docs/tables.ts errors -->
 *     <!-- /generated -->
 *
 * The module exports `tables`, a record of functions that return Markdown. `pnpm docs` writes what they return.
 */
export const freshDocuments: Rule = {
  name: 'every generated table is what its code says now',
  check: async (project) => {
    const found: Finding[] = [];
    for (const file of documents(project)) {
      if ((await generated(project.root, file.text)) !== file.text) {
        found.push({ path: file.path, message: 'holds a stale table: run `pnpm docs`' });
      }
    }
    return found;
  },
};

const section = /(<!-- generated: (\S+) (\S+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;

/** The text of a document with every generated section made anew. */
export async function generated(root: string, text: string): Promise<string> {
  let made = '';
  let end = 0;
  for (const match of text.matchAll(section)) {
    const [whole, open = '', module = '', name = '', close = ''] = match;
    made += `${text.slice(end, match.index)}${open}${await table(root, module, name)}\n${close}`;
    end = match.index + whole.length;
  }
  return made + text.slice(end);
}

async function table(root: string, module: string, name: string): Promise<string> {
  const { tables } = (await import(pathToFileURL(join(root, module)).href)) as {
    tables?: Record<string, () => string>;
  };
  const make = tables?.[name];
  if (!make) throw new Error(`${module} has no table ${name}`);
  return make().trim();
}

/** Of its headings, as they are made where Markdown is shown: small letters, hyphens for spaces, nothing else. */
function anchorsOf({ text }: SourceFile): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

export function documents({ files }: Pick<Project, 'files'>): SourceFile[] {
  return files.filter(({ path }) => path.endsWith('.md'));
}

function lines({ text }: SourceFile): { text: string; line: number }[] {
  return text.split('\n').map((line, index) => ({ text: line, line: index + 1 }));
}

function wordsAfter(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** As the program declares them: `.command('send <space> …')`. */
function parleyCommands({ files }: Project): Set<string> {
  const program = files.filter(({ path }) => path.startsWith('packages/cluster/src/'));
  return new Set(program.flatMap(({ text }) => wordsAfter(text, /\.command\('([\w-]+)/g)));
}

function scriptsOf({ files }: Project): Set<string> {
  const manifest = files.find(({ path }) => path === 'package.json');
  const { scripts = {} } = JSON.parse(manifest?.text ?? '{}') as { scripts?: Record<string, string> };
  return new Set(Object.keys(scripts));
}

function foldersOf(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}
