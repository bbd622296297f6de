/** The samples of a Prometheus page: a name may come several times, with other labels. */
export type Scrape = {
  /** The sum over all labels; `undefined` when the page has no such metric. */
  sum: (name: string) => number | undefined;
};

/** Reads the text format as our own nodes write it. */
export function readScrape(page: string): Scrape {
  const sums = new Map<string, number>();
  for (const line of page.split('\n')) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line) ?? [];
    if (name === undefined) continue;
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return { sum: (name) => sums.get(name) };
}
