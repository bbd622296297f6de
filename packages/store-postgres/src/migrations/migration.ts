/** One step forward. There is no step back: a mistake is mended by the next step. */
export type Migration = {
  /** Dense from 1. */
  number: number;
  name: string;
  /**
   * Whether nodes that know only the steps before this one go on working beside it. Where they do not, they refuse to
   * start, and the release notes say that every node has to stop first.
   */
  olderNodes: 'survive' | 'must-stop';
  /** Runs in one transaction with its own entry in `migrations`: all of it, or nothing. */
  sql: string;
};
