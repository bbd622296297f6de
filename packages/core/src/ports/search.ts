import type { Message } from '@parley/protocol';

export interface Search {
  /**
   * Messages that contain every term, in whatever case, newest first: within the user's memberships, undeleted, as their
   * text is now, and not by the server. Exact, whatever was indexed so far. In one conversation (also one that was
   * left), or in all that the user is in. @throws `invalid` for a foreign cursor
   */
  find(
    space: string,
    userId: string,
    query: { terms: readonly string[]; no: number | undefined; after: string | undefined; limit: number },
  ): Promise<{ messages: Message[]; next: string | undefined }>;
}
