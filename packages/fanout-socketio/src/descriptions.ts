import type { Directory } from '@parley/core';
import type { Dialect } from '@parley/dialects';
import { type About, nothingMore } from '@parley/protocol';
import { type Event, subjectOf } from './subject.ts';

/** What the dialects of a space say of people and conversations besides their ids. */
export function createDescriptions(directory: Directory, dialectsOf: (space: string) => readonly Dialect[]) {
  return {
    /** `undefined`: it has to be learned first. */
    recall(space: string, event: Event): About | undefined {
      const dialects = dialectsOf(space);
      if (!dialects.some(({ describes }) => describes)) return nothingMore;
      const { no, userIds } = subjectOf(event, dialects);
      return directory.recall(space, no, userIds);
    },
    /** Those of whom repair is about to tell. */
    learn: (no: number, userIds: readonly string[]): Promise<void> => directory.load(undefined, no, userIds),
    async learnOf(space: string, event: Event): Promise<void> {
      const { no, userIds } = subjectOf(event, dialectsOf(space));
      await directory.load(space, no, userIds);
    },
  };
}
