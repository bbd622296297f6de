import type { Directory, ImportedIds } from '@parley/core';
import { type Dialect, idsIn } from '@parley/dialects';
import { type About, nothingMore } from '@parley/protocol';
import { type Event, subjectOf } from './subject.ts';

type Known = { directory: Directory; importedIds: ImportedIds };

/** What the dialects of a space say of people and conversations besides their ids, and in place of ours. */
export function createDescriptions(
  { directory, importedIds }: Known,
  dialectsOf: (space: string) => readonly Dialect[],
) {
  return {
    /** `undefined`: it has to be learned first. */
    recall(space: string, event: Event): About | undefined {
      const dialects = dialectsOf(space);
      if (!dialects.some(({ describes }) => describes)) return nothingMore;
      const { no, userIds } = subjectOf(event, dialects);
      const about = directory.recall(space, no, userIds);
      if (!about?.conversation?.isImported) return about;
      const ids = importedIds.recall(idsIn(event.payload));
      return ids && { ...about, importedIds: ids };
    },
    /** Those of whom, and that of which, repair is about to tell. */
    async learn(no: number, userIds: readonly string[], told: unknown): Promise<void> {
      await directory.load(undefined, no, userIds);
      await importedIds.of(idsIn(told));
    },
    async learnOf(space: string, event: Event): Promise<void> {
      const { no, userIds } = subjectOf(event, dialectsOf(space));
      await directory.load(space, no, userIds);
      await importedIds.of(idsIn(event.payload));
    },
  };
}
