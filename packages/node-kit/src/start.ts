import type { Logger } from 'pino';
import { type Config, type Env, readConfig, spacesPathOf } from './config.ts';
import { Misconfiguration } from './misconfiguration.ts';
import { loadSpaces, type Spaces } from './spaces.ts';
import { unknownVariables } from './unknown-variables.ts';
import { version } from './version.ts';

/** What a node is told when it starts. */
export type Told = {
  config: Config;
  spaces: Spaces;
  /** What is no reason not to start, and most likely a mistake; a sentence each. */
  doubts: readonly string[];
};

/**
 * @throws Misconfiguration with every problem of the environment and of the file of spaces at once: whoever mends one
 * after the other starts once for each
 */
export function readStart(env: Env): Told {
  const wrong: Misconfiguration[] = [];
  const config = unlessWrong(() => readConfig(env), wrong);
  const spaces = unlessWrong(() => loadSpaces(spacesPathOf(env), env), wrong);
  const doubts = unknownVariables(env);
  if (config && spaces) return { config, spaces, doubts };
  throw Misconfiguration.together(wrong, doubts);
}

/** The first lines of a node's log. */
export function announce(log: Logger, { config, doubts }: Told): void {
  log.info({ version, commit: config.commit, runtime: process.version }, 'starting');
  for (const doubt of doubts) log.warn(doubt);
}

function unlessWrong<T>(read: () => T, wrong: Misconfiguration[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Misconfiguration)) throw error;
    wrong.push(error);
    return undefined;
  }
}
