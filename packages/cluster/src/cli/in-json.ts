import { toldInJson } from './complain.ts';
import { print } from './terminal.ts';

/**
 * What a command does that `--json` makes fit for programs: they read stdout, so a failure stands there, too, and not only
 * in words on stderr.
 */
export const orInJson =
  <O extends { json?: boolean }>(act: (options: O) => Promise<void>) =>
  async (options: O): Promise<void> => {
    try {
      await act(options);
    } catch (error) {
      if (options.json) print(JSON.stringify(toldInJson(error)));
      throw error;
    }
  };
