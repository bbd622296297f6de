const REDRAW_MS = 500;
/** In a pipe: often enough that nobody takes it for dead, seldom enough for a log. */
const REMIND_MS = 10_000;
const CLEAR_LINE = '\r\u001b[K';

/** Tells on the side how far something long has come, and how fast it is. */
export function tellCount(what: string, { write, isTTY } = stderr()) {
  const startedAt = performance.now();
  let toldAt = startedAt;
  return {
    reached: (count: number): void => {
      const now = performance.now();
      if (now - toldAt < (isTTY ? REDRAW_MS : REMIND_MS)) return;
      toldAt = now;
      const seconds = (now - startedAt) / 1000;
      const line = `${seconds.toFixed(0)} s  ${count} ${what}, ${Math.round(count / seconds)} a second`;
      write(isTTY ? `${CLEAR_LINE}${line}` : `${line}\n`);
    },
    done: (): void => write(isTTY ? CLEAR_LINE : ''),
  };
}

const stderr = () => ({ write: (text: string) => void process.stderr.write(text), isTTY: process.stderr.isTTY });
