import { setTimeout as after } from 'node:timers/promises';
import { type ErrorCode, type MovedLine, movedLineBytesMax, parseMovedLine } from '@parley/protocol';
import type { Store } from '@parley/store-postgres';
import { Trouble } from '../trouble.ts';
import type { Judge } from './ids.ts';
import { batchesOf, type FileLine, linesOf } from './lines.ts';

export type Bad = { n: number; reason: string; text: string | undefined };
type Good = { n: number; line: MovedLine };
type Destination = {
  store: Pick<Store, 'importLines'>;
  space: string;
  /** What the contract of the space does not permit. */
  judge?: Judge;
  /** Takes the lines that are refused; without it the first one ends the import. */
  onBad?: ((bad: readonly Bad[]) => Promise<void>) | undefined;
  /** Hears how many lines were read, after every batch. */
  progress?: (read: number) => void;
};

/** A batch that meets the database while it is away or busy: stored twice is stored once. */
const triesMax = 10;
const tryEveryMs = 1_000;
const passing = new Set<unknown>(['busy', 'unavailable', 'outcome_unknown'] satisfies ErrorCode[]);

/**
 * Stores the lines of a file, batch by batch, each in a transaction of its own. Lines that are there already change
 * nothing, so that after any end the same file is simply read again.
 * @returns how many lines were read
 * @throws Trouble for the first line that is refused, with its number and why; nothing of its batch is stored
 */
export async function moveIn(
  bytes: AsyncIterable<Buffer>,
  { store, space, judge = () => undefined, onBad, progress }: Destination,
): Promise<number> {
  let read = 0;
  for await (const batch of batchesOf(linesOf(bytes))) {
    const bad = await stored(batch, read === 0);
    const [first] = bad;
    if (first && !onBad) throw refusal(first, batch);
    if (first) await onBad?.(bad);
    read += batch.length;
    progress?.(read);
  }
  return read;

  async function stored(batch: readonly FileLine[], isFirst: boolean): Promise<Bad[]> {
    const { good, bad } = parsed(batch, isFirst, judge);
    const texts = new Map(batch.map(({ n, text }) => [n, text]));
    // Where nothing is kept, what is refused is asked for all the same: the first bad line is told, whatever made it bad.
    const keep = onBad !== undefined || bad.length === 0;
    for (let kept = good; ; ) {
      const refused = await persistently(() => store.importLines(space, kept, { keep }));
      bad.push(...refused.map((line) => ({ ...line, text: texts.get(line.n) })));
      if (!onBad || refused.length === 0) return bad.sort((a, b) => a.n - b.n);
      // What named one of these is refused in the next round.
      const numbers = new Set(refused.map(({ n }) => n));
      kept = kept.filter(({ n }) => !numbers.has(n));
    }
  }
}

function parsed(batch: readonly FileLine[], isFirst: boolean, judge: Judge): { good: Good[]; bad: Bad[] } {
  const good: Good[] = [];
  const bad: Bad[] = [];
  for (const [i, { n, text }] of batch.entries()) {
    const moved = text === undefined ? undefined : parseMovedLine(text);
    const isHead = moved?.ok === true && moved.value.line === 'head';
    if (isHead !== (isFirst && i === 0))
      throw new Trouble(headIsFirst(n), ['infra/moving.md shows every kind of line.']);
    const reason = moved?.ok ? judge(moved.value) : undefined;
    if (!moved) bad.push({ n, reason: `is longer than ${movedLineBytesMax} bytes`, text });
    else if (reason !== undefined) bad.push({ n, reason, text });
    else if (moved.ok) good.push({ n, line: moved.value });
    else
      bad.push({
        n,
        reason: (moved.error.details ?? []).map(({ path, message }) => `${path} ${message}`).join(', '),
        text,
      });
  }
  return { good, bad };
}

const headIsFirst = (n: number) => `Line ${n}: a file begins with {"line":"head","version":1}, and has this line once.`;

const refusal = ({ n, reason }: Bad, batch: readonly FileLine[]): Trouble =>
  new Trouble(`Line ${n} is refused: ${reason}`, [
    `Nothing was stored from line ${batch[0]?.n ?? n} on; what comes before is there.`,
    'Mend the line and import the file again, which goes on where it stopped; or collect such lines: --skip-bad <file>',
  ]);

async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (!passing.has(code) || tries >= triesMax) throw error;
      await after(tryEveryMs);
    }
  }
}
