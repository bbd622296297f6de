import { allImports, packageOf, target } from './imports.ts';
import { type Finding, isCode, type Project, type Rule } from './project.ts';

type Arrow = {
  /** What it is made of: the packages of ours that it may import. */
  uses: readonly string[];
  /** What its tests may import besides. */
  tests?: readonly string[];
};

const parts = ['store-postgres', 'presence-redis', 'fanout-socketio'];
const words = ['protocol', 'core', 'dialects', 'node-kit'];

/** Which way the arrows point. What is not here must not be imported, and cannot be declared. */
export const directions: Record<string, Arrow> = {
  protocol: { uses: [] },
  core: { uses: ['protocol'], tests: ['testkit'] },
  dialects: { uses: ['protocol'], tests: ['testkit'] },
  'node-kit': { uses: ['protocol'], tests: ['testkit'] },
  'store-postgres': { uses: ['protocol', 'core', 'node-kit'], tests: ['testkit'] },
  'presence-redis': { uses: ['protocol', 'core', 'node-kit'], tests: ['testkit'] },
  'fanout-socketio': { uses: words, tests: ['testkit'] },
  'files-disk': { uses: ['protocol', 'core', 'node-kit'], tests: ['testkit'] },
  'api-node': { uses: [...words, ...parts, 'files-disk'], tests: ['testkit'] },
  'socket-node': { uses: [...words, ...parts], tests: ['testkit', 'client'] },
  client: { uses: ['protocol'], tests: ['testkit'] },
  web: { uses: ['protocol', 'client'], tests: ['testkit'] },
  cluster: {
    uses: ['protocol', 'dialects', 'node-kit', 'client', 'store-postgres', 'presence-redis', 'api-node', 'socket-node'],
    tests: ['testkit'],
  },
  testkit: { uses: ['protocol', 'core', 'cluster'] },
  'cluster-tests': { uses: ['protocol', 'core', 'dialects', 'node-kit', 'client', 'cluster', 'testkit'] },
  loadtest: { uses: ['protocol', 'core', 'node-kit', 'client', 'store-postgres', 'cluster', 'testkit'] },
};

/** Packages that never run in production. */
const developmentOnly = new Set(['testkit', 'cluster-tests', 'loadtest']);

type Manifest = { path: string; folder: string; name: string; dependencies: string[]; devDependencies: string[] };

export const packageDirections: Rule = {
  name: 'packages depend on each other in the agreed directions only',
  check: (project) => manifestsOf(project).flatMap(declaredArrows),
};

export const declaredImports: Rule = {
  name: 'every import is declared, and every declared dependency is imported',
  check: (project) =>
    manifestsOf(project).flatMap((manifest) => [...undeclared(project, manifest), ...unused(project, manifest)]),
};

function manifestsOf(project: Project): Manifest[] {
  return project.files.flatMap((file) => {
    const folder = /^(packages\/[^/]+|loadtest)\/package\.json$/.exec(file.path)?.[1];
    if (folder === undefined) return [];
    const json = JSON.parse(file.text) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string> | undefined
    >;
    return {
      path: file.path,
      folder,
      name: folder.replace('packages/', ''),
      dependencies: Object.keys(json.dependencies ?? {}),
      devDependencies: Object.keys(json.devDependencies ?? {}),
    };
  });
}

function declaredArrows(manifest: Manifest): Finding[] {
  const arrow = directions[manifest.name];
  if (!arrow) return [{ path: manifest.path, message: 'this package is missing in the table of directions' }];
  const fine = new Set(arrow.uses);
  const fineInTests = new Set([...arrow.uses, ...(arrow.tests ?? [])]);
  const ours = (names: string[]) =>
    names.filter((n) => n.startsWith('@parley/')).map((n) => n.slice('@parley/'.length));
  return [
    ...ours(manifest.dependencies).filter(
      (name) => !fine.has(name) || (name === 'testkit' && !developmentOnly.has(manifest.name)),
    ),
    ...ours(manifest.devDependencies).filter((name) => !fineInTests.has(name)),
  ].map((name) => ({ path: manifest.path, message: `${manifest.name} must not depend on ${name}` }));
}

function undeclared(project: Project, manifest: Manifest): Finding[] {
  const ofTests = ['vitest', `@parley/${manifest.name}`];
  return importsIn(project, manifest).flatMap((found) => {
    const { specifier, from, line } = found;
    const say = (message: string): Finding[] => [{ path: from, line, message }];
    if (specifier.startsWith('.')) {
      return target(found).startsWith(`${manifest.folder}/`) ? [] : say(`imports ${specifier} out of its own package`);
    }
    if (specifier.startsWith('node:') || specifier.startsWith('k6')) return [];
    const production = from.startsWith(`${manifest.folder}/src/`) && !developmentOnly.has(manifest.name);
    const declared = production
      ? manifest.dependencies
      : [...manifest.dependencies, ...manifest.devDependencies, ...ofTests];
    return declared.includes(packageOf(specifier))
      ? []
      : say(`imports ${specifier}, which ${production ? 'dependencies do' : 'package.json does'} not declare`);
  });
}

/** Also a name that is only resolved, or handed to a loader, is a use. */
function unused(project: Project, manifest: Manifest): Finding[] {
  const code = project.files.filter((file) => isCode(file) && file.path.startsWith(`${manifest.folder}/`));
  // `@parley/${kind}-node`: a name whose middle is chosen at run time.
  const templates = code.flatMap(({ text }) => [...text.matchAll(/`(@parley\/)\$\{\w+\}([\w-]*)`/g)]);
  const named = (name: string) =>
    code.some(({ text }) => text.includes(`'${name}'`) || text.includes(`'${name}/`)) ||
    templates.some(([, start = '', end = '']) => name.startsWith(start) && name.endsWith(end));
  return [...manifest.dependencies, ...manifest.devDependencies]
    .filter((name) => !named(name) && !named(name.replace('@types/', '')))
    .map((name) => ({ path: manifest.path, message: `declares ${name}, which nothing imports` }));
}

function importsIn(project: Project, manifest: Manifest) {
  return allImports(project).filter(({ from }) => from.startsWith(`${manifest.folder}/`));
}
