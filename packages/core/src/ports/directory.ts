import type { About, ConversationKind, Person } from '@parley/protocol';

/**
 * What people and conversations are, beyond their ids: for contracts that say it in every event. Read often and changed
 * rarely, so each node remembers it: what another node changed is seen within half a minute.
 */
export interface Directory {
  /**
   * Which kind of conversation a number names in this space, for ever: at once where this node has met it. `undefined`:
   * none. @throws Failure `unavailable`
   */
  kindOf(space: string, no: number): ConversationKind | undefined | Promise<ConversationKind | undefined>;
  /** The two users of a direct conversation, in the same way; `undefined`: it is none. @throws Failure `unavailable` */
  peersOf(space: string, no: number): readonly string[] | undefined | Promise<readonly string[] | undefined>;
  /**
   * The direct conversation of two users, in either order, or with `agents` the support thread of one, where this node has
   * met it: a pair has one for ever. `undefined`: it has not, or there is none.
   */
  knownBetween(space: string, userA: string, userB: string): number | undefined;
  /**
   * What is remembered of a conversation, its peers and these users, at once.
   * `undefined`: something is not, `load` first.
   */
  recall(space: string, no: number | undefined, userIds: readonly string[]): About | undefined;
  /**
   * Afterwards `recall` answers; of users who do not exist, with nothing but their id.
   * @param space `undefined` for that of the conversation
   * @throws Failure `unavailable`
   */
  load(space: string | undefined, no: number | undefined, userIds: readonly string[]): Promise<void>;
  /** In the order of the ids, also of users who do not exist. @throws Failure `unavailable` */
  people(space: string, userIds: readonly string[]): Promise<Person[]>;
}
