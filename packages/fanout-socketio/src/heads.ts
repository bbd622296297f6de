import { conversationId, limits as protocolLimits } from '@parley/protocol';
import type { Tell } from './repairs.ts';

type Heads = { no: number; lastSeq: number; rev: number };

/** Tells a room how far some of its conversations are, where telling everything is too much: clients synchronise. */
export function createHeads(tell: Tell) {
  let epoch: string | undefined;
  return {
    /** Nothing but the epoch: who knows another one starts over. */
    tellEpoch(inbox: string): void {
      if (epoch !== undefined) tell(inbox, { name: 'heads', payload: { epoch, conversations: [] } });
    },
    /** The life of the database that numbers belong to. Answers whether it is another one than before. */
    know(now: string): boolean {
      const isAnother = epoch !== undefined && epoch !== now;
      epoch = now;
      return isAnother;
    },
    /** `false`, and nothing told, while the epoch is not known: numbers mean nothing without it. */
    tell(room: string, standings: readonly Heads[]): boolean {
      if (epoch === undefined) return false;
      for (let i = 0; i < standings.length; i += protocolLimits.headsMax) {
        const some = standings.slice(i, i + protocolLimits.headsMax);
        const conversations = some.map(({ no, lastSeq, rev }) => ({ id: conversationId(no), lastSeq, rev }));
        tell(room, { name: 'heads', payload: { epoch, conversations } });
      }
      return true;
    },
  };
}

export type HeadsTeller = ReturnType<typeof createHeads>;
