/** The metrics of one process, in Prometheus' text format. */
export type Page = { worker: string; text: string };

/**
 * The pages of several processes as one: each sample gets the label `worker`, so that nothing is added up that must not
 * be (lags, versions, whether Redis is there), and the samples of a metric stand together, as the format demands.
 */
export function mergePages(pages: readonly Page[]): string {
  const families = new Map<string, { head: string[]; samples: string[] }>();
  for (const { worker, text } of pages) {
    for (const { name, head, samples } of familiesOf(text)) {
      const family = families.get(name) ?? { head, samples: [] };
      family.samples.push(...samples.map((sample) => labelled(sample, worker)));
      families.set(name, family);
    }
  }
  return [...families.values()].map(({ head, samples }) => `${[...head, ...samples].join('\n')}\n`).join('\n');
}

/** The sum of a metric over its labels. */
export function sumOf(page: string, metric: string): number {
  const samples = page.split('\n').filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function familiesOf(text: string) {
  const families: { name: string; head: string[]; samples: string[] }[] = [];
  for (const line of text.split('\n')) {
    const begun = /^# HELP (\S+)/.exec(line)?.[1];
    if (begun !== undefined) families.push({ name: begun, head: [], samples: [] });
    const family = families.at(-1);
    if (!family || line === '') continue;
    (line.startsWith('#') ? family.head : family.samples).push(line);
  }
  return families;
}

const labelled = (sample: string, worker: string): string =>
  sample.replace(/^(\w+)(?:\{|(?= ))/, (start, name: string) =>
    start.endsWith('{') ? `${name}{worker="${worker}",` : `${name}{worker="${worker}"}`,
  );
