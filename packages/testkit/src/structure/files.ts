import { isAboutRules, isCode, isGenerated, isTest, matches, type Rule } from './project.ts';

const linesMax = 300;

const agreedNames = [
  'packages',
  'infra',
  'loadtest',
  'docker-compose.yml',
  'haproxy.cfg',
  'pnpm-workspace.yaml',
  'package.json',
  'tsconfig.base.json',
  'README.md',
  // Besides these: names with a dot in front, the lockfile and the licence.
  'pnpm-lock.yaml',
  'LICENSE',
];

export const rootNames: Rule = {
  name: 'the root holds the agreed names, and nothing else',
  check: ({ rootNames }) => [
    ...rootNames
      .filter((name) => !name.startsWith('.') && !agreedNames.includes(name))
      .map((name) => ({ path: name, message: 'does not belong into the root' })),
    ...agreedNames.filter((name) => !rootNames.includes(name)).map((name) => ({ path: name, message: 'is missing' })),
  ],
};

export const fileLength: Rule = {
  name: `no file of code is longer than ${linesMax} lines`,
  check: ({ files }) =>
    files
      .filter((file) => (isCode(file) || /\.(?:lua|sql)$/.test(file.path)) && !isGenerated(file))
      .map((file) => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > linesMax)
      .map(({ path, lines }) => ({ path, message: `${lines} lines: usually two ideas` })),
};

export const packageShape: Rule = {
  name: 'every package has sources and its own tsconfig.json',
  check: ({ files }) => {
    const paths = files.map(({ path }) => path);
    return paths.flatMap((path) => {
      const folder = /^(packages\/[^/]+|loadtest)\/package\.json$/.exec(path)?.[1];
      if (folder === undefined) return [];
      const has = (test: (path: string) => boolean) => paths.some((p) => p.startsWith(`${folder}/`) && test(p));
      return [
        ...(has((p) => p === `${folder}/tsconfig.json`) ? [] : [{ path: folder, message: 'has no tsconfig.json' }]),
        ...(has((p) => /\.tsx?$/.test(p)) ? [] : [{ path: folder, message: 'is an empty shell' }]),
      ];
    });
  },
};

export const honestTests: Rule = {
  name: 'no test is skipped, focused or sleeps',
  check: ({ files }) =>
    files
      .filter((file) => isTest(file) && !isAboutRules(file))
      .flatMap((file) => [
        ...matches(
          file,
          /\b(?:describe|it|test|suite)\.(?:skip|only|todo|fails)\b|\.(?:skipIf|runIf)\((?!process\.(?:getuid|platform))|\bctx\.skip\(/,
          'skips or focuses',
        ),
        ...matches(file, /\bsetTimeout\b|node:timers/, 'sleeps: wait for an event, or prove silence within a bound'),
      ]),
};
