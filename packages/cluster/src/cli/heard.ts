import type { Client } from '@parley/client';
import { harmless, paint } from './terminal.ts';

const PLACE_CHARS_MIN = 10;

/**
 * Tells what a client hears, one line an event: when, with whom or where, who, what. What is no message (receipts,
 * presence, members, the connection) is short and dimmed.
 */
export function tellHeard(client: Client, print: (line: string) => void): void {
  const watched = new Set<string>();
  const reads = new Map<string, number>();
  const aside = (place: string, text: string): void =>
    print(paint('dim', `${clock(new Date())}  ${place.padEnd(PLACE_CHARS_MIN)}  · ${text}`));
  const placeOf = (conversationId: string): string => place(client, conversationId);

  client.on('message', ({ conversationId, message }) => {
    const { createdAt, seq, senderId, body, deletedAt } = message;
    const where = paint('dim', `${clock(new Date(createdAt))}  ${placeOf(conversationId)}  #${seq}`);
    const text = deletedAt === undefined ? harmless(body) : paint('dim', '(deleted)');
    print(`${where} ${paint('cyan', harmless(senderId))} ${text}`);
  });
  client.on('changed', ({ conversationId, message: { seq, senderId, body, deletedAt, editedAt } }) => {
    if (deletedAt !== undefined) aside(placeOf(conversationId), `${harmless(senderId)} deleted #${seq}`);
    else if (editedAt !== undefined)
      aside(placeOf(conversationId), `${harmless(senderId)} edited #${seq}: ${harmless(body)}`);
  });
  client.on('receipt', ({ conversationId, userId, readSeq }) => {
    const key = `${conversationId} ${userId}`;
    if (userId === client.userId || readSeq <= (reads.get(key) ?? 0)) return;
    reads.set(key, readSeq);
    aside(placeOf(conversationId), `${harmless(userId)} read up to #${readSeq}`);
  });
  client.on('members', ({ conversationId, members }) => {
    const changes = members.map(({ userId, untilSeq }) => `${untilSeq === undefined ? '+' : '-'}${harmless(userId)}`);
    if (client.conversation(conversationId)?.kind === 'group') aside(placeOf(conversationId), changes.join(' '));
  });
  client.on('gone', ({ conversationId }) => aside(placeOf(conversationId), 'you are no longer a member'));
  client.on('conversation', ({ peerId }) => {
    if (peerId === undefined || watched.has(peerId)) return;
    watched.add(peerId);
    // A limit that is reached, or a moment without a connection: the messages go on, and this person's presence is not told.
    client
      .watch([peerId])
      .catch((error: unknown) => aside(harmless(peerId), `presence is not known: ${String(error)}`));
  });
  client.on('presence', ({ userId, status }) => aside(harmless(userId), status));
  client.on('state', (state) => {
    if (state.name === 'waiting') aside('', `no connection (${state.reason}), trying again`);
  });
}

/** Whom a direct conversation is with; what another one is called. */
function place(client: Client, conversationId: string): string {
  const { title, peerId } = client.conversation(conversationId) ?? {};
  return harmless(title ?? peerId ?? conversationId).padEnd(PLACE_CHARS_MIN);
}

/** The time of the day here, with the date before it on any other day. */
export function clock(at: Date, now = new Date()): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}
