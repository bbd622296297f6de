import { escapeHtml } from '../run/chart.ts';

/** What V8 writes with `--cpu-prof`, as far as it is read here: a tree of calls, and which of them each sample was in. */
export type CpuProfile = {
  nodes: readonly { id: number; callFrame: CallFrame; children?: readonly number[] }[];
  samples: readonly number[];
  /** Microseconds before each sample. */
  timeDeltas: readonly number[];
};
type CallFrame = { functionName: string; url: string; lineNumber: number };

/** One function under its callers, with everything that it called. */
export type Call = { name: string; from: string; micros: number; calls: Map<string, Call> };

/** Not work of the node: it waits, or nobody knows. */
const outside = new Set(['(idle)', '(program)']);

/** Adds up profiles of one kind of process, by who called whom. */
export function callsOf(profiles: readonly CpuProfile[]): Call {
  const root: Call = { name: 'all', from: '', micros: 0, calls: new Map() };
  for (const { nodes, samples, timeDeltas } of profiles) {
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
    const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
    samples.forEach((sample, i) => {
      const stack = stackOf(sample, frames, callers);
      if (!isStarting(stack) && !outside.has(stack.at(-1)?.functionName ?? '')) addTo(root, stack, timeDeltas[i] ?? 0);
    });
  }
  return root;
}

/** Modules are loaded once, at the start of a process: no part of what a message costs. */
const isStarting = (stack: readonly CallFrame[]) => stack.some(({ url }) => url.startsWith('node:internal/modules/'));

/** Outermost first, without V8's own root. */
function stackOf(sample: number, frames: ReadonlyMap<number, CallFrame>, callers: ReadonlyMap<number, number>) {
  const stack: CallFrame[] = [];
  for (let id: number | undefined = sample; id !== undefined; id = callers.get(id)) {
    const frame = frames.get(id);
    if (frame && callers.has(id)) stack.push(frame);
  }
  return stack.reverse();
}

function addTo(root: Call, stack: readonly CallFrame[], micros: number): void {
  let call = root;
  call.micros += micros;
  for (const { functionName, url, lineNumber } of stack) {
    const name = functionName || '(anonymous)';
    const key = `${name} ${url}:${lineNumber}`;
    let next = call.calls.get(key);
    if (!next) call.calls.set(key, (next = { name, from: placeOf(url, lineNumber), micros: 0, calls: new Map() }));
    next.micros += micros;
    call = next;
  }
}

/** Where a function stands, without the folders of the machine that it ran on. */
function placeOf(url: string, lineNumber: number): string {
  if (url === '') return '';
  const path = url.split('/node_modules/').at(-1)?.split('/packages/').at(-1);
  return `${path}:${lineNumber + 1}`;
}

const [width, row, top] = [1_200, 16, 40];
/** A call that took less is left out: it would be no wider than its edge. */
const shareMin = 0.002;
const charWidth = 6.2;

/** Callers above, what they called below; the width is time. Hovering says the rest. */
export function drawFlame(title: string, root: Call): string {
  const boxes: string[] = [];
  let depth = 0;
  draw(root, 0, 0);
  const height = top + (depth + 1) * row + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<style>text{font:11px system-ui,sans-serif;fill:#1f2937;pointer-events:none}.title{font-weight:600;font-size:14px}rect{stroke:#fff;stroke-width:.5}</style>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="10" y="20" class="title">${escapeHtml(title)}</text>`,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');

  function draw(call: Call, from: number, level: number): void {
    depth = Math.max(depth, level);
    const share = call.micros / root.micros;
    const [x, y, wide] = [from * width, top + level * row, share * width];
    const said = `${call.name} ${call.from}, ${(share * 100).toFixed(1)} %`;
    boxes.push(
      `<rect x="${x.toFixed(1)}" y="${y}" width="${wide.toFixed(1)}" height="${row - 1}" fill="${colourOf(call)}"><title>${escapeHtml(said)}</title></rect>`,
    );
    const chars = Math.floor((wide - 4) / charWidth);
    if (chars > 3)
      boxes.push(`<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escapeHtml(call.name.slice(0, chars))}</text>`);
    let at = from;
    for (const next of [...call.calls.values()].sort((a, b) => b.micros - a.micros)) {
      if (next.micros / root.micros < shareMin) break;
      draw(next, at, level + 1);
      at += next.micros / root.micros;
    }
  }
}

/** Ours, what Node does, what other packages do, and what V8 and the kernel do. */
function colourOf({ from }: Call): string {
  if (from === '') return '#d1d5db';
  if (from.startsWith('node:')) return '#bfdbfe';
  return /^[a-z-]+\/src\//.test(from) ? '#fdba74' : '#bbf7d0';
}
