import { dialects } from '@parley/dialects';
import { type MovedLine, parseMessageId } from '@parley/protocol';

/** Says why a line is refused, if it is. */
export type Judge = (line: MovedLine) => string | undefined;

/**
 * Refuses ids of the product that the contract of its space cannot write, such as words where it knows integers only.
 * Those that another Parley gave are not written: its clients are given new ones.
 */
export function idsIn(dialectName: string): Judge {
  const shapes = dialects[dialectName]?.importedIds;
  return (line) => {
    if (!shapes || (line.line !== 'conversation' && line.line !== 'message')) return undefined;
    const shape = shapes[line.line];
    if (shape.is(line.id) || parseMessageId(line.id)) return undefined;
    return `/id must be ${shape.words}: clients of ${dialectName} know no other ids`;
  };
}
