import { Failure } from '@parley/core';
import type { ErrorCode } from '@parley/protocol';
import { DatabaseError } from 'pg';

/**
 * How far a statement came before it failed.
 * - `waiting`: no connection yet; nothing left this process.
 * - `reading`: it left, and cannot have changed anything.
 * - `writing`: it left, and may be committed although no answer came.
 */
export type Stage = 'waiting' | 'reading' | 'writing';

/** A statement that got no answer in time. Its connection is given up. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

// By SQLSTATE, or its class of two characters. PostgreSQL answered, so that it has rolled back: nothing was changed.
const answers: Record<string, { code: ErrorCode; message: string }> = {
  '08': { code: 'unavailable', message: 'The database refused the connection.' },
  '22': { code: 'invalid', message: 'The database cannot hold this value.' },
  '25006': { code: 'unavailable', message: 'The database is read-only: it is no primary now.' },
  '28': { code: 'unavailable', message: 'The database refused our credentials.' },
  '3D000': { code: 'unavailable', message: 'The database does not exist.' },
  '40': { code: 'busy', message: 'Others changed the same rows at this moment.' },
  '53100': { code: 'unavailable', message: "The database's disk is full." },
  '53': { code: 'unavailable', message: 'The database is out of resources.' },
  '55000': { code: 'unavailable', message: 'The database is no primary now.' },
  '55P03': { code: 'busy', message: 'Somebody else holds this conversation.' },
  '57014': { code: 'unavailable', message: 'The database took too long and gave up.' },
  '57': { code: 'unavailable', message: 'The database is starting or stopping.' },
  UP001: { code: 'not_found', message: 'A file of this message is gone, or another message has it.' },
  '58': { code: 'unavailable', message: "The database's storage failed." },
};

/** Codes that PostgreSQL may send while a commit is already on its disk: the session was ended, not the statement. */
const sessionEnded = new Set(['57P01', '57P02', '57P05', '08006']);

/** Whether the connection that an error came over cannot be trusted with another statement. */
export function endsConnection(error: unknown): boolean {
  if (error instanceof Failure) return false;
  const state = sqlStateOf(error);
  return state === undefined || sessionEnded.has(state);
}

export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof DatabaseError ? error.code : undefined;

/** What a caller is told of an error of `pg`. Anything that is none of the database's doing is passed on as it is. */
export function failureOf(error: unknown, stage: Stage): unknown {
  if (error instanceof Failure) return error;
  const state = sqlStateOf(error);
  if (state === undefined || sessionEnded.has(state)) {
    if (stage === 'writing') return new Failure('outcome_unknown', undefined, { cause: error });
    return new Failure('unavailable', 'The database cannot be reached.', { cause: error });
  }
  const answer = answers[state] ?? answers[state.slice(0, 2)];
  return answer ? new Failure(answer.code, answer.message, { cause: error }) : error;
}

/** Whether the error is about what was asked, so that asking for one row at a time tells whose it is. */
export function isAboutRows(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && !sessionEnded.has(state) && !/^(08|25|28|53|55|57|58)/.test(state);
}
