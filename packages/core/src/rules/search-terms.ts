/** What has to be in a message: words, and what stands between quotation marks as it is. Nothing means something else. */
export function termsOf(q: string): string[] {
  const parts = q.matchAll(/"([^"]+)"|(\S+)/gu);
  return [
    ...new Set([...parts].map(([, phrase, word]) => (phrase ?? word ?? '').trim()).filter((term) => term !== '')),
  ];
}

export type Range = { start: number; end: number };

/** Where the terms stand in a text, ascending and apart, at most `max`: `end` is exclusive, both in UTF-16 code units. */
export function rangesOf(text: string, terms: readonly string[], max: number): Range[] {
  const { folded, origin } = fold(text);
  const found = terms.flatMap((term) => occurrences(folded, fold(term).folded));
  const ranges: Range[] = [];
  for (const { start, end } of found.sort((a, b) => a.start - b.start)) {
    const range = { start: origin[start] ?? 0, end: origin[end] ?? text.length };
    const last = ranges.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else ranges.push(range);
  }
  return ranges.slice(0, max);
}

function occurrences(text: string, term: string): Range[] {
  const found: Range[] = [];
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length)) {
    found.push({ start: at, end: at + term.length });
  }
  return found;
}

/** One character for one, as the store folds: `origin` says where each code unit came from. */
function fold(text: string): { folded: string; origin: number[] } {
  const origin: number[] = [];
  let folded = '';
  let at = 0;
  for (const character of text) {
    const [lower = character] = character.toLowerCase();
    for (let i = 0; i < lower.length; i++) origin.push(at);
    folded += lower;
    at += character.length;
  }
  origin.push(at);
  return { folded, origin };
}
