import type { Link, LinkKind, LinkStatus } from '@parley/protocol';

export type LinkPage = { links: Link[]; next: string | undefined };

/**
 * Who is linked with whom. A pair has at most one link of each kind, whichever of the two is named first; of an
 * assignment, `userA` is the user and `userB` the agent. Every method throws `Failure`.
 *
 * A writer takes the lock of the pair's direct conversation as every writer of a conversation does. So once a
 * cancellation has committed, whatever asks for the link is refused on every node; what was stored before it stays.
 */
export interface Links {
  /**
   * Makes both users exist. `only`: what else of this kind was confirmed with the same `userA` is cancelled in the same
   * step, also of those who put such a link at one moment.
   * @returns the link, and what it cancelled
   * @throws `invalid` for one and the same user, `outcome_unknown`
   */
  put(
    space: string,
    link: { userA: string; userB: string; kind: LinkKind; status: LinkStatus; only?: boolean },
  ): Promise<{ link: Link; cancelled: Link[] }>;
  /** In either order of the users. @returns what was there */
  remove(space: string, userA: string, userB: string, kind: LinkKind | undefined): Promise<Link[]>;
  /** By kind, then by the other's id. A cursor is opaque. @throws `invalid` for a foreign cursor */
  list(space: string, userId: string, page: { after: string | undefined; limit: number }): Promise<LinkPage>;
}
