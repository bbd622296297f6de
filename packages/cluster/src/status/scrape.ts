/** The samples of a Prometheus page: a name may come several times, with other labels. */
export type Scrape = {
  /** The sum over all labels; `undefined` when the page has no such metric. */
  sum: (name: string) => number | undefined;
  /** One value for each process of the node, or for whatever the labels tell apart. */
  values: (name: string) => readonly number[];
};

/** Reads the text format as our own nodes write it. */
export function readScrape(page: string): Scrape {
  const values = new Map<string, number[]>();
  for (const line of page.split('\n')) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line) ?? [];
    if (name === undefined) continue;
    values.set(name, [...(values.get(name) ?? []), Number(value)]);
  }
  return {
    sum: (name) => values.get(name)?.reduce((sum, value) => sum + value, 0),
    values: (name) => values.get(name) ?? [],
  };
}
