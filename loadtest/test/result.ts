import type { Readings } from '../bench/goals.ts';
import type { Result } from '../bench/results.ts';

/** What the bench writes of one case, with these rounds and nothing about where it ran. */
export const result = (name: Result['case'], rounds: Readings[]): Result => ({
  case: name,
  at: '',
  asks: '',
  machine: {},
  versions: {},
  postgresSettings: {},
  asked: {},
  rounds,
  discarded: [],
});
