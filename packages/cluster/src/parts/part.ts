import type { Exit } from '../processes/child.ts';
import type { Identity } from '../processes/identity.ts';

/** A running server that a node or a test can use. */
export type Part = {
  url: string;
  port: number;
  pid: number;
  identity: Identity;
  /** Resolves when the process is gone, for whatever reason; never rejects. */
  exited: Promise<Exit>;
  signal: (signal: NodeJS.Signals) => void;
  /** Ends it cleanly, insisting after a few seconds. Safe to call twice. @param overMs how long a node drains before */
  stop: (overMs?: number) => Promise<void>;
};
