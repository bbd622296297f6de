import type { Invariant } from './history.ts';
import { authorOf, sendKey } from './views.ts';

/** I12: a send whose every try was refused is not stored. (`info` may be: nobody promised anything.) */
export const refusedChangedNothing: Invariant = ({ sends, database }) => {
  const stored = new Map(
    database.messages.flatMap((row) =>
      row.clientId === undefined
        ? []
        : [[sendKey({ ...row, userId: authorOf(row), clientId: row.clientId }), row] as const],
    ),
  );
  return [...Map.groupBy(sends, sendKey)].flatMap(([key, tries]) => {
    const row = stored.get(key);
    // A conflict says that the id belongs to another command, which may well be stored.
    const refused = tries.every(({ outcome }) => outcome.type === 'fail' && outcome.code !== 'conflict');
    return row && refused ? [`${row.body} was refused, and is stored as ${row.seq}`] : [];
  });
};
