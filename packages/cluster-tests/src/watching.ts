import { execFile } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

// What watches a cluster, as it stands in infra/: rules, dashboards, and the pages of the runbook.

export const infra = fileURLToPath(new URL('../../../infra/', import.meta.url));

export type Rule = {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
};

export function readRules(): Rule[] {
  const folder = join(infra, 'prometheus/rules');
  return readdirSync(folder).flatMap((file) => {
    const { groups } = parse(readFileSync(join(folder, file), 'utf8')) as { groups: { rules: Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  });
}

export type Selector = { series: string; labels: readonly { label: string; values: readonly string[] }[] };

/** Every series that an expression names, with what it asks of its labels. */
export function selectorsIn(expr: string): Selector[] {
  const names = /\b((?:parley|haproxy|process|nodejs)_\w+|slo:[\w:]+|up)\b(?:\{([^}]*)\})?/g;
  return [...expr.matchAll(names)].map(([, series = '', matchers = '']) => ({
    series,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = '', values = '']) => ({
      label,
      values: values.split('|'),
    })),
  }));
}

/**
 * Every name of a metric in a page, in words or in a command: those of `parley_(rooms|readiness)` one by one. What goes on
 * with `…` stands for all that begin like it.
 */
export function metricsNamedIn(text: string): string[] {
  const names = /\b(?:parley|haproxy|process|nodejs)_[\w…]*(?:\([\w|]+\)[\w…]*)*/g;
  return [...text.matchAll(names)].flatMap(([name]) => alternativesOf(name));
}

function alternativesOf(pattern: string): string[] {
  const [, before = '', choices, after = ''] = /^([^(]*)\(([^)]*)\)(.*)$/.exec(pattern) ?? [];
  return choices?.split('|').flatMap((choice) => alternativesOf(`${before}${choice}${after}`)) ?? [pattern];
}

/** The labels by which an expression groups. */
export function groupingsIn(expr: string): string[] {
  return [...expr.matchAll(/\b(?:by|without|on)\s*\(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').flatMap((label) => label.trim() || []),
  );
}

export type Panel = { id: number; title: string; targets: { expr: string; legendFormat: string }[] };

/** By the name of its file. */
export function readDashboards(): { file: string; uid: string; panels: Panel[] }[] {
  const folder = join(infra, 'grafana/dashboards');
  return readdirSync(folder).map((file) => ({
    file,
    ...(JSON.parse(readFileSync(join(folder, file), 'utf8')) as { uid: string; panels: Panel[] }),
  }));
}

/** `part` is the heading that it stands under. */
export type Block = { part: string; language: string; code: string };
export type Page = { name: string; text: string; headings: string[]; blocks: Block[] };

/**
 * What somebody reads who operates a cluster: the runbook, the pages of infra/ and the README files. The load test counts
 * by itself, under names like ours.
 */
export function readPages(): { file: string; text: string }[] {
  const root = join(infra, '..');
  const files = globSync(['README.md', 'infra/*.md', 'infra/runbook/*.md', '{infra,packages}/*/README.md'], {
    cwd: root,
  });
  return files.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
}

/** The runbook, without the page that says how to read it. */
export function readRunbook(): Page[] {
  const folder = join(infra, 'runbook');
  return readdirSync(folder)
    .filter((file) => file !== 'README.md')
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const parts = text.split(/^## /m).slice(1);
      return {
        name: file.replace(/\.md$/, ''),
        text,
        headings: parts.map(headingOf),
        blocks: parts.flatMap((part) =>
          [...part.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
            part: headingOf(part),
            language,
            code,
          })),
        ),
      };
    });
}

const headingOf = (part: string): string => part.slice(0, part.indexOf('\n'));

export const linesOf = (blocks: readonly Block[]): string[] => [
  ...new Set(blocks.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.trim().split('\n'))),
];

type Place = { dir: string; statsUrl: string; privatePort: number | undefined };

/** Runs one line of the runbook as it stands, of a node of the cluster whose folder is `dir`. */
export function runLine(
  line: string,
  { dir, statsUrl, privatePort }: Place,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, NODE: `127.0.0.1:${privatePort}`, STATS: statsUrl.replace(/\/$/, '') };
  const here = line.replace(/^npx --yes pnpm@12 parley (\w+)$/, `node_modules/.bin/parley $1 --dir ${dir}`);
  return new Promise((resolve) => {
    const child = execFile(
      'bash',
      ['-o', 'pipefail', '-c', here],
      { env, cwd: join(infra, '..') },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? 1, stdout, stderr }),
    );
  });
}
