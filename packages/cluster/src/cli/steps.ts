import type { Progress } from '../progress.ts';
import { paint } from './terminal.ts';

export type Steps = {
  /** A step begins, and the one before has ended. */
  say: Progress;
  /** The last step has ended: what is said from now on is news, and nothing is waited for. */
  done(): void;
};

type Place = { write: (text: string) => void; terminal: boolean };

const REDRAW_MS = 120;
/** In a pipe: often enough that nobody takes it for dead, seldom enough for a log. */
const REMIND_MS = 10_000;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const CLEAR_LINE = '\r\u001b[K';

/**
 * Tells steps, a line each with its time. While one lasts, a terminal shows a moving mark and its seconds; a pipe gets
 * a line every ten seconds. Without it an installation of minutes looks like a program that hangs.
 */
export function tellSteps({ write, terminal }: Place, everyMs = terminal ? REDRAW_MS : REMIND_MS): Steps {
  const startedAt = performance.now();
  let step = { line: '', at: startedAt };
  let frame = 0;
  const clear = terminal ? CLEAR_LINE : '';
  const remind = (): void => {
    const lasted = `${Math.round((performance.now() - step.at) / 1000)} s`;
    const mark = FRAMES[frame++ % FRAMES.length] ?? '';
    if (terminal) write(`${CLEAR_LINE}       ${mark}  ${paint('dim', lasted)}`);
    else write(`${elapsed(startedAt)}  still ${step.line.trim()} (${lasted})\n`);
  };
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  return {
    say(line) {
      write(`${clear}${paint('dim', elapsed(startedAt))}  ${line}\n`);
      step = { line, at: performance.now() };
      if (ended) return;
      // From its own beginning: a step that is quick leaves no reminder of the one before.
      clearInterval(timer);
      timer = setInterval(remind, everyMs).unref();
    },
    done() {
      ended = true;
      clearInterval(timer);
      write(clear);
    },
  };
}

const elapsed = (startedAt: number): string => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
