/**
 * The host application of a space whose talk rule is `ask`: it decides which two users may talk. The order in which the
 * two are named says nothing. Any number of callers at a time.
 */
export interface TalkHost {
  /** What it said lately, and that stays good for `forMs`; `undefined`: nothing, `ask`. At once. */
  known(space: string, userA: string, userB: string, forMs?: number): boolean | undefined;
  /** What it said no more than 10 s ago, or says now. `undefined`: it did not answer as it should. Never rejects. */
  ask(space: string, userA: string, userB: string): Promise<boolean | undefined>;
  /** Ends what this node knows of the two, also what is on its way. */
  forget(space: string, userA: string, userB: string): void;
}
