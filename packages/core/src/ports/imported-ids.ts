/**
 * What a product called its conversations and messages before it moved in. Such an id stands for the same for ever while
 * an epoch lasts, so each node remembers it; messages that were written here have none.
 */
export interface ImportedIds {
  /**
   * Whether a product moved into this space at all; where none did, nothing else has to be asked. Another node's first
   * import is seen within a second. @throws Failure `unavailable`
   */
  areIn(space: string): boolean | Promise<boolean>;
  /**
   * The product's ids by ours, of conversations and messages: those that have one.
   * @throws Failure `unavailable`
   */
  of(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The same at once. `undefined`: one of them is not remembered, ask `of` first. */
  recall(ids: readonly string[]): ReadonlyMap<string, string> | undefined;
  /** Our id for the product's. `undefined`: it called nothing so. @throws Failure `unavailable` */
  find(space: string, of: 'conversation' | 'message', importedId: string): Promise<string | undefined>;
}
