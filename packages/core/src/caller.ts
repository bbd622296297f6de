import type { Role } from '@parley/protocol';
import type { Hops } from './ports/hops.ts';
import type { Session } from './ports/session.ts';

/**
 * Who asks: proven by the token, within one space. `session` is there on a live connection, and only there; `hops` where
 * this one command is timed.
 */
export type Caller = { space: string; userId: string; role: Role; session?: Session; hops?: Hops };
