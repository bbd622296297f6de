import { type ConversationKind, conversationId, parseMessageId } from '@parley/protocol';
import type { Run } from './database.ts';
import { peersOf } from './rows.ts';
import { query, type Slot, statement } from './statement.ts';

/** What never changes of a conversation while an epoch lasts. */
export type Profile = {
  space: string;
  id: string;
  kind: ConversationKind;
  /** A product brought it with it, from elsewhere or from another Parley. */
  isImported: boolean;
  /** What the product called it; an id that another Parley gave means nothing here. */
  importedId: string | undefined;
  peerIds: readonly [string, string] | undefined;
};

export type Profiles = {
  get(no: number): Profile | undefined;
  /** The one conversation of two, in either order, if it is known: direct, or of `agents` and a user. */
  between(space: string, userA: string, userB: string): number | undefined;
  /** Reads those that are not known yet, where the caller says; numbers that name nothing stay unknown. */
  load(nos: Iterable<number>, run: Run): Promise<void>;
  /** Forgets everything when the epoch is another one: numbers may have been given out anew. */
  under(epoch: string): void;
  /** Calls back when everything was forgotten. */
  onForgotten(hear: () => void): void;
};

/** About 300 bytes each. */
const profilesMax = 50_000;

const findProfiles = statement('find-profiles', (slot: Slot<{ nos: number[] }>) =>
  query
    .selectFrom('conversations as c')
    .leftJoin('imported_conversations as i', 'i.conversation_no', 'c.no')
    .select(['c.no', 'c.space', 'c.kind', 'c.peer_low', 'c.peer_high', 'i.id as imported_id'])
    .where('c.no', '=', (eb) => eb.fn.any(slot('nos'))),
);

/** Keeps what is the same for every message of a conversation, so that sends need not carry it back. */
export function createProfiles(): Profiles {
  const known = new Map<number, Profile>();
  const pairs = new Map<string, number>();
  const learn = (no: number, profile: Profile): void => {
    known.set(no, profile);
    if (profile.peerIds) pairs.set(pairOf(profile.space, profile.peerIds), no);
  };
  const forget = (no: number): void => {
    const profile = known.get(no);
    if (profile?.peerIds) pairs.delete(pairOf(profile.space, profile.peerIds));
    known.delete(no);
  };
  let current: string | undefined;
  let hearForgotten = (): void => undefined;
  return {
    get: (no) => known.get(no),
    between: (space, userA, userB) => pairs.get(pairOf(space, [userA, userB])),
    async load(nos, run) {
      const unknown = [...new Set(nos)].filter((no) => !known.has(no));
      if (unknown.length === 0) return;
      const under = current;
      const rows = await run(findProfiles, { nos: unknown });
      if (under !== current) return;
      for (const row of rows) {
        const { no, space, kind, imported_id: given } = row;
        const importedId = given !== null && !isOurs(given) ? given : undefined;
        const isImported = given !== null;
        learn(no, { space, id: conversationId(no), kind, isImported, importedId, peerIds: peersOf(row) });
      }
      for (const no of known.keys()) {
        if (known.size <= profilesMax) break;
        forget(no);
      }
    },
    under(epoch) {
      if (current !== undefined && current !== epoch) {
        known.clear();
        pairs.clear();
        hearForgotten();
      }
      current = epoch;
    },
    onForgotten(hear) {
      hearForgotten = hear;
    },
  };
}

/** Whether an id has the shape of those that Parley gives. */
export const isOurs = (id: string): boolean => parseMessageId(id) !== undefined;

const pairOf = (space: string, peers: readonly string[]): string => [space, ...peers.toSorted(byText)].join('\n');
const byText = (a: string, b: string): number => (a < b ? -1 : 1);
