/** The live connection that a command came over. */
export interface Session {
  /**
   * Tells this connection when one of these users changes presence. At most `watchedUsersMax` in all: more is
   * `limit_reached`, and nothing is added.
   */
  watch(userIds: readonly string[]): void;
  unwatch(userIds: readonly string[]): void;
  /**
   * Notes whether this connection looks at a conversation. At most `viewedConversationsMax`.
   * @returns whether that is news
   * @throws Failure `limit_reached`, and nothing is noted
   */
  look(no: number, looks: boolean): boolean;
  /**
   * Verifies a newer token of the same user and lets the session live until its expiry.
   * @returns when the session ends, or `undefined` for a token without an end.
   * @throws Failure `unauthenticated`, `token_expired`, `token_revoked`, `banned`, or `forbidden` for somebody else's token
   */
  refresh(token: string): Promise<Date | undefined>;
}
