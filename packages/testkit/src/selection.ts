import { runTool } from './run.ts';

/** Whether there is a test to run, or why there is none, and which projects there are. */
export type Selection = { ok: true } | { ok: false; why: string };

export const usage = `npx --yes pnpm@12 test [files] [options]

Every static check, then every test; the last line gives the totals.

  <files>            only test files whose path holds one of these words
  --project <name>   only the tests of this project; may come several times
  -t <words>         only tests whose title holds these words
  --help             this page

What else vitest knows is handed on to it. The static checks alone: npx --yes pnpm@12 check
`;

/** Asks vitest whether these arguments name any test file, before a minute of static checks is spent. */
export async function selectTests(args: readonly string[]): Promise<Selection> {
  if (args.length === 0) return { ok: true };
  const { ok, files, said } = await list(args);
  if (ok && files.length > 0) return { ok: true };
  const why = ok ? `No test file fits: ${args.join(' ')}` : firstWords(said);
  return { ok: false, why: `${why}\n\n${await projects()}` };
}

/** Every project with the number of its files. */
export async function projects(): Promise<string> {
  const counts = new Map<string, number>();
  for (const { projectName } of (await list([])).files) counts.set(projectName, (counts.get(projectName) ?? 0) + 1);
  const lines = [...counts].map(([name, count]) => `  ${name.padEnd(10)} ${String(count).padStart(3)} files`);
  return `projects:\n${lines.join('\n')}`;
}

type TestFile = { file: string; projectName: string };

async function list(args: readonly string[]): Promise<{ ok: boolean; files: TestFile[]; said: string }> {
  // Last: it would take a word after it for the file to write.
  const { ok, output } = await runTool('vitest', [
    'list',
    '--config',
    '.vitest.config.ts',
    '--filesOnly',
    ...args,
    '--json',
  ]);
  const from = output.search(/^\[/m);
  return { ok, files: ok && from >= 0 ? (JSON.parse(output.slice(from)) as TestFile[]) : [], said: output };
}

/** Vitest's own sentence: what follows is its stack. */
function firstWords(said: string): string {
  return /^(?:\w*Error: )(.*?)(?: The projects definition.*)?$/m.exec(said)?.[1] ?? said.trim();
}
