import { Failure } from '@parley/core';
import { limits } from '@parley/protocol';

export type Viewed = {
  /** @returns whether that is news. @throws Failure `limit_reached` */
  look(no: number, looks: boolean): boolean;
  all(): readonly number[];
};

/** The conversations that one connection looks at. */
export function createViewed(onChange: (no: number, looks: boolean) => void): Viewed {
  const viewed = new Set<number>();
  return {
    look(no, looks) {
      if (viewed.has(no) === looks) return false;
      if (looks && viewed.size >= limits.viewedConversationsMax) {
        const details = [
          { path: '/conversationId', message: `viewedConversationsMax is ${limits.viewedConversationsMax}` },
        ];
        throw new Failure('limit_reached', undefined, { details });
      }
      if (looks) viewed.add(no);
      else viewed.delete(no);
      onChange(no, looks);
      return true;
    },
    all: () => [...viewed],
  };
}
