/** A member of a conversation: the staff type as `agents` in a support thread. */
export type Typist = { space: string; no: number; memberId: string };

/** Who types now, over all nodes: a hint that ends by itself. Nothing here is durable. */
export interface TypingBoard {
  /** They type, for `typingTimeoutMs` unless it is noted again. Never throws and never waits; may be lost. */
  note(typist: Typist): void;
  /** They type no longer. Costs nothing where this node noted nothing of theirs. Never throws and never waits. */
  end(typist: Typist): void;
  /** Which of them type, in the order asked for; none of them while nobody can tell. Never throws. */
  read(typists: readonly Typist[]): Promise<boolean[]>;
}
