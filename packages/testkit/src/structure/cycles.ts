import { allImports, target } from './imports.ts';
import type { Rule } from './project.ts';

export const noCycles: Rule = {
  name: 'no file imports itself in a circle',
  // Types are left out: they are gone before anything runs, and have no order in which they begin.
  check: (project) => {
    const edges = new Map<string, string[]>();
    for (const found of allImports(project)) {
      if (found.specifier.startsWith('.') && !found.erased)
        edges.set(found.from, [...(edges.get(found.from) ?? []), target(found)]);
    }
    return cyclesIn(edges).map((circle) => ({ path: circle[0] ?? '', message: `a circle: ${circle.join(' → ')}` }));
  },
};

/** Each circle once, as the path that closes it. Depth first: a name that is still on the path closes a circle. */
export function cyclesIn(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (name: string, path: string[]): void => {
    const at = path.indexOf(name);
    if (at >= 0) circles.push([...path.slice(at), name]);
    if (at >= 0 || done.has(name)) return;
    for (const next of edges.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of edges.keys()) visit(name, []);
  return circles;
}
