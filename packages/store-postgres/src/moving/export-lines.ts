import type { LinkOf } from '@parley/core';
import { movingVersion } from '@parley/protocol';
import { Client } from 'pg';
import { connectionOptions } from '../connection-options.ts';
import { failureOf } from '../failures.ts';
import type { Statement } from '../statement.ts';
import { conversationLine, linkLine, memberLine, messageLine, readLine, userLine, type WrittenLine } from './lines.ts';
import {
  announcementReadsToMove,
  conversationsToMove,
  linksToMove,
  membersToMove,
  messagesToMove,
  readsToMove,
  usersToMove,
} from './queries.ts';

/** Rows that are in memory at a time. */
const rowsPerFetch = 500;

/**
 * Everything of a space as the lines of a file, in one snapshot and always in the same order, as fast as they are taken.
 * @throws Failure `unavailable` when the database is lost on the way
 */
export async function* exportLines(databaseUrl: string, linkOf: LinkOf, space: string): AsyncGenerator<string> {
  const client = new Client({
    ...connectionOptions(databaseUrl, 'reads and changes', { linkOf }),
    application_name: 'parley export',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Whoever takes the lines may be slow, and a snapshot lasts as long as they take.
    await client.query('set statement_timeout = 0; set idle_in_transaction_session_timeout = 0');
    await client.query('begin isolation level repeatable read read only');
    yield textOf({ line: 'head', version: movingVersion });
    yield* linesOf(client, usersToMove, space, userLine);
    yield* linesOf(client, linksToMove, space, linkLine);
    yield* linesOf(client, conversationsToMove, space, conversationLine);
    yield* linesOf(client, messagesToMove, space, messageLine);
    yield* linesOf(client, membersToMove, space, memberLine);
    yield* linesOf(client, readsToMove, space, readLine);
    yield* linesOf(client, announcementReadsToMove, space, readLine);
    await client.query('commit');
  } catch (error) {
    throw failureOf(error, 'reading');
  } finally {
    await client.end();
  }
}

async function* linesOf<R>(
  client: Client,
  { text, values }: Statement<{ space: string }, R>,
  space: string,
  toLine: (row: R) => WrittenLine,
): AsyncGenerator<string> {
  await client.query(`declare lines no scroll cursor for ${text}`, values({ space }));
  for (;;) {
    const { rows } = await client.query<R & object>(`fetch ${rowsPerFetch} from lines`);
    for (const row of rows) yield textOf(toLine(row));
    if (rows.length < rowsPerFetch) break;
  }
  await client.query('close lines');
}

const textOf = (line: WrittenLine): string => `${JSON.stringify(line)}\n`;
