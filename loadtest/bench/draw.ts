import { escapeHtml, short } from '../run/chart.ts';

/** Bars that lie, each of one part or of several on top of each other, as plain SVG. */
export type Bars = { title: string; unit: string; parts: readonly string[]; bars: readonly Bar[] };
/** `values` in the order of `parts`; `range` is drawn as a line at the end of the bar. */
export type Bar = { name: string; values: readonly number[]; range?: { min: number; max: number } };

const [width, row, left, right, top] = [640, 26, 190, 80, 40];
const colours = ['#2563eb', '#059669', '#dc2626', '#d97706', '#7c3aed'];

export function drawBars({ title, unit, parts, bars }: Bars): string {
  const height = top + bars.length * row + 28;
  const most = Math.max(1e-9, ...bars.map(({ values, range }) => Math.max(sum(values), range?.max ?? 0)));
  const x = (value: number) => left + (value / most) * (width - left - right);
  const lines = bars.flatMap((bar, i) => drawBar(bar, top + i * row, x));
  const legend = parts.length < 2 ? [] : parts.flatMap((part, i) => legendOf(part, i, height));
  return standalone(width, height, [
    `<text x="10" y="20" class="title">${escapeHtml(title)}, ${escapeHtml(unit)}</text>`,
    ...lines,
    ...legend,
  ]);
}

function drawBar({ name, values, range }: Bar, y: number, x: (value: number) => number): string[] {
  let end = 0;
  const rectangles = values.map((value, i) => {
    const from = x(end);
    end += value;
    return `<rect x="${from.toFixed(1)}" y="${y}" width="${(x(end) - from).toFixed(1)}" height="16" fill="${colours[i % colours.length]}"/>`;
  });
  const whisker =
    range &&
    `<line x1="${x(range.min).toFixed(1)}" x2="${x(range.max).toFixed(1)}" y1="${y + 8}" y2="${y + 8}" class="range"/>`;
  return [
    `<text x="${left - 8}" y="${y + 12}" class="name">${escapeHtml(name)}</text>`,
    ...rectangles,
    ...(whisker ? [whisker] : []),
    `<text x="${(x(Math.max(end, range?.max ?? 0)) + 6).toFixed(1)}" y="${y + 12}" class="label">${short(end)}</text>`,
  ];
}

function legendOf(part: string, i: number, height: number): string[] {
  const at = left + i * 110;
  return [
    `<rect x="${at}" y="${height - 16}" width="10" height="10" fill="${colours[i % colours.length]}"/>`,
    `<text x="${at + 14}" y="${height - 7}" class="label">${escapeHtml(part)}</text>`,
  ];
}

const style = `text{font:12px system-ui,sans-serif;fill:#1f2937}.title{font-weight:600;font-size:14px}.name,.y{text-anchor:end}.x{text-anchor:middle}.label{font-size:11px}.grid{stroke:#e5e7eb}.range{stroke:#111827;stroke-width:1.5}`;

/** As a file of its own, which an `<img>` shows without any style of the page around it. */
function standalone(width: number, height: number, lines: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

/** Gives a chart of `run/chart.ts` its style, so that it stands alone. */
export function framed(svg: string): string {
  return `${svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" width="640" ').replace('>', `><style>${style}</style><rect width="100%" height="100%" fill="#fff"/>`)}\n`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
