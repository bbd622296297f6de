import { type Config, type Env, readConfig, spacesPathOf } from './config.ts';
import { Misconfiguration } from './misconfiguration.ts';
import { loadSpaces, type Spaces } from './spaces.ts';

/**
 * Everything that a node is told when it starts.
 * @throws Misconfiguration with every problem of the environment and of the file of spaces at once: whoever mends one
 * after the other starts once for each
 */
export function readStart(env: Env): { config: Config; spaces: Spaces } {
  const wrong: Misconfiguration[] = [];
  const config = unlessWrong(() => readConfig(env), wrong);
  const spaces = unlessWrong(() => loadSpaces(spacesPathOf(env), env), wrong);
  if (config && spaces) return { config, spaces };
  throw Misconfiguration.together(wrong);
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
