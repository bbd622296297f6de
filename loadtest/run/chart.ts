/** Lines over time as plain SVG: no script, no network, readable in any browser and on paper. */
export type Line = { name: string; points: readonly Point[] };
export type Point = { x: number; y: number };
export type Chart = {
  title: string;
  unit: string;
  lines: readonly Line[];
  /** Moments, in seconds, that are marked by their number: 1, 2, 3 … */
  marks?: readonly number[];
  /** What x counts: seconds since the begin, unless it says otherwise. */
  xUnit?: string;
};

const [width, height] = [560, 220];
const area = { left: 52, right: 10, top: 34, bottom: 40 };
const colours = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed', '#0891b2', '#be185d', '#4d7c0f'];

export function drawChart({ title, unit, lines, marks = [], xUnit = ' s' }: Chart): string {
  const all = lines.flatMap(({ points }) => points);
  const xMax = Math.max(1, ...all.map(({ x }) => x));
  const yMax = niceCeiling(Math.max(0, ...all.map(({ y }) => y)));
  const x = (value: number): number => area.left + (value / xMax) * (width - area.left - area.right);
  const y = (value: number): number => height - area.bottom - (value / yMax) * (height - area.top - area.bottom);
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">`,
    `<text x="${area.left}" y="16" class="title">${escapeHtml(title)}</text>`,
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      `<line x1="${area.left}" x2="${width - area.right}" y1="${y(yMax * share)}" y2="${y(yMax * share)}" class="grid"/>`,
      `<text x="${area.left - 6}" y="${y(yMax * share) + 4}" class="y">${short(yMax * share)}</text>`,
    ]),
    `<text x="${area.left - 6}" y="${area.top - 8}" class="y">${escapeHtml(unit)}</text>`,
    ...[0, 0.5, 1].map(
      (share) =>
        `<text x="${x(xMax * share)}" y="${height - area.bottom + 14}" class="x">${short(xMax * share)}${escapeHtml(xUnit)}</text>`,
    ),
    ...marks.flatMap((mark, i) => [
      `<line x1="${x(mark)}" x2="${x(mark)}" y1="${area.top}" y2="${height - area.bottom}" class="mark"/>`,
      `<text x="${x(mark) + 3}" y="${area.top + 8}" class="label">${i + 1}</text>`,
    ]),
    ...lines.map(({ points }, i) => path(points, x, y, colours[i % colours.length] ?? 'black')),
    ...lines.map(({ name }, i) => legend(name, i, lines.length)),
    '</svg>',
  ].join('\n');
}

function path(points: readonly Point[], x: (v: number) => number, y: (v: number) => number, colour: string): string {
  const steps = points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`);
  return `<polyline points="${steps.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
}

function legend(name: string, i: number, of: number): string {
  const step = (width - area.left) / Math.max(of, 4);
  const at = area.left + i * step;
  const colour = colours[i % colours.length];
  return `<rect x="${at}" y="${height - 12}" width="10" height="3" fill="${colour}"/><text x="${at + 14}" y="${height - 7}" class="label">${escapeHtml(name)}</text>`;
}

/** 1, 2 or 5 times a power of ten. */
function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

export function short(value: number): string {
  if (value >= 1e6) return `${trim(value / 1e6)}M`;
  if (value >= 1e4) return `${trim(value / 1e3)}k`;
  return trim(value);
}

const trim = (value: number): string => String(Number(value.toPrecision(3)));

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
