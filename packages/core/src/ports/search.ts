import type { Message } from '@parley/protocol';
import type { OffsetPage } from './history.ts';

export interface Search {
  /**
   * Messages that contain every term, in whatever case, newest first: within the user's memberships, undeleted, as their
   * text is now, and not by the server. Exact, whatever was indexed so far. In one conversation (also one that was
   * left), or in all that the user is in; with `pool` also in every support thread of the space, as `agents`.
   * @throws `invalid` for a foreign cursor
   */
  find(
    space: string,
    userId: string,
    query: {
      terms: readonly string[];
      no: number | undefined;
      after: string | undefined;
      limit: number;
      pool?: boolean;
    },
  ): Promise<{ messages: Message[]; next: string | undefined }>;
  /**
   * The same in one conversation, by position, and how many there are. Costs all that matches, not the page.
   * @throws `not_found`
   */
  position(
    space: string,
    userId: string,
    no: number,
    query: { terms: readonly string[]; offset: number; limit: number },
  ): Promise<OffsetPage>;
}
