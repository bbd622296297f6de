/** Leaves alone for a while whom it has seen fail. */
export type Circuit = {
  /**
   * @param ask resolves with nothing when it failed; it never rejects
   * @returns nothing when it failed, and at once when it was not asked
   */
  run<T>(ask: () => Promise<T | undefined>): Promise<T | undefined>;
};

type Options = { pauseMs: number; now?: () => number };

/** After each pause one call tries alone: were all of them to wait for an answer again, all would stall again. */
export function createCircuit({ pauseMs, now = () => performance.now() }: Options): Circuit {
  let openUntil: number | undefined;
  return {
    async run(ask) {
      if (openUntil !== undefined) {
        if (now() < openUntil) return undefined;
        openUntil = Number.POSITIVE_INFINITY;
      }
      const answer = await ask();
      openUntil = answer === undefined ? now() + pauseMs : undefined;
      return answer;
    },
  };
}
