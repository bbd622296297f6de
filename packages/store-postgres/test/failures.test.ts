import { Failure } from '@parley/core';
import { errors } from '@parley/protocol';
import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import { endsConnection, failureOf, isAboutRows, NoAnswer } from '../src/failures.ts';

function sqlError(code: string): DatabaseError {
  const error = new DatabaseError('as PostgreSQL says it', 20, 'error');
  error.code = code;
  return error;
}
const codeOf = (error: unknown, stage: Parameters<typeof failureOf>[1]) => {
  const failure = failureOf(error, stage);
  return failure instanceof Failure ? failure.code : failure;
};

describe('an error of the database', () => {
  it.each([
    ['53100', 'a full disk', 'unavailable'],
    ['53300', 'too many connections', 'unavailable'],
    ['57014', 'a statement that took too long', 'unavailable'],
    ['57P03', 'a server that starts', 'unavailable'],
    ['25006', 'a server that takes no writes', 'unavailable'],
    ['55000', 'a standby that is asked for its timeline', 'unavailable'],
    ['58030', 'a broken disk', 'unavailable'],
    ['28P01', 'wrong credentials', 'unavailable'],
    ['55P03', 'a held conversation', 'busy'],
    ['40P01', 'a deadlock', 'busy'],
    ['40001', 'a lost race', 'busy'],
    ['22021', 'a character that cannot be stored', 'invalid'],
    ['22P02', 'a text that is no UUID', 'invalid'],
  ] as const)('%s, %s, is a definite `%s`', (state, _, code) => {
    for (const stage of ['waiting', 'reading', 'writing'] as const) expect(codeOf(sqlError(state), stage)).toBe(code);
    expect(errors[code].kind).toBe('refused');
  });

  it.each([
    ['a session that was ended', sqlError('57P01')],
    ['a server that crashed', sqlError('57P02')],
    ['a lost connection', new Error('Connection terminated unexpectedly')],
    ['silence', new NoAnswer('no answer')],
  ])('%s leaves the outcome of a write unknown, and only of a write', (_, error) => {
    expect(codeOf(error, 'waiting')).toBe('unavailable');
    expect(codeOf(error, 'reading')).toBe('unavailable');
    expect(codeOf(error, 'writing')).toBe('outcome_unknown');
    expect(endsConnection(error)).toBe(true);
    expect(isAboutRows(error)).toBe(false);
  });

  it('that nobody foresaw is passed on as it is, with its cause', () => {
    const defect = sqlError('42P01');
    expect(failureOf(defect, 'writing')).toBe(defect);
    const failure = failureOf(sqlError('53100'), 'writing');
    expect(failure instanceof Failure && failure.cause).toBeInstanceOf(DatabaseError);
    expect(failureOf(failure, 'waiting')).toBe(failure);
  });

  it('is about the rows only where one row at a time may do better', () => {
    for (const state of ['22021', '23505', '23514', '54000', 'XX000']) expect(isAboutRows(sqlError(state))).toBe(true);
    for (const state of ['53100', '57014', '25006', '08006']) expect(isAboutRows(sqlError(state))).toBe(false);
  });
});
