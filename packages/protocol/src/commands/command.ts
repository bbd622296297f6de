import type { TObject } from 'typebox';
import type { ErrorCode } from '../errors.ts';
import type { Budget } from '../limits.ts';

/** Who may, where not everybody may. */
export const accessWords = { admin: 'the role `admin`', staff: 'agents and admins' } as const;

/** One thing that a client may ask for, over a socket by its name and over HTTP by its route. */
export type Command = {
  summary: string;
  input: TObject;
  output: TObject;
  /** Which allowance of `budgets` each call draws on. */
  budget: Budget;
  /** Refusals beyond `commonErrors`, which every command may answer. */
  errors: readonly ErrorCode[];
  /** Path parameters are named as properties of `input`. Absent for what only makes sense on a live connection. */
  http?: { method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; path: string };
  /** Absent: everybody. */
  access?: keyof typeof accessWords;
  /** Absent: over sockets, and over HTTP where there is a route. */
  over?: 'http';
};
