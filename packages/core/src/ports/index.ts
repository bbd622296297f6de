export type * from './conversations.ts';
export type * from './fanout.ts';
export type * from './history.ts';
export type { Changes, Log, Move, Standing as LogStanding } from './log.ts';
export type * from './messages.ts';
export type * from './presence.ts';
export type * from './receipts.ts';
export type * from './session.ts';
export type * from './users.ts';
