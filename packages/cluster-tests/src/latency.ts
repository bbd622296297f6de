import { type Acked, percentile } from './load.ts';

/** How much longer than usual an answer may take, and what counts as usual at least: a machine does other things too. */
const timesUsual = 3;
const bounds = [
  { share: 0.5, usualMsMin: 20 },
  { share: 0.95, usualMsMin: 100 },
];

/** What was slower than usual, in words; empty when nothing was. */
export function slowdown(before: readonly Acked[], during: readonly Acked[]): string[] {
  return bounds.flatMap(({ share, usualMsMin }) => {
    const [usual = 0, then = 0] = [before, during].map((acks) => percentile(timesOf(acks), share));
    const allowed = timesUsual * Math.max(usual, usualMsMin);
    const name = `p${share * 100} of ${during.length} acknowledgements`;
    return then <= allowed ? [] : [`${name} is ${Math.round(then)} ms, and was ${Math.round(usual)} ms before`];
  });
}

const timesOf = (acks: readonly Acked[]) => acks.map(({ ms }) => ms);
