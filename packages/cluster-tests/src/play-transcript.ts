import { randomBytes, randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import {
  type Actor,
  type Bound,
  differences,
  fill,
  type Scene,
  type Transcript,
  type Turn,
} from '@parley/dialects/transcripts';
import { silence, until } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { expect } from 'vitest';
import { callHttp } from './http-client.ts';
import type { SharedClusterView } from './setup/cluster.ts';

type Listening = { socket: Socket; heard: unknown[][]; events: EventEmitter };

/** A peer who left is missed for five seconds before anybody is told. */
const hearWithinMs = 20_000;
/** What a scene may wait for: the youth of the presence board, and the grace of those who left before. */
const aloneWithinMs = 30_000;
/** What an answer that tells of presence may take: the same two. */
const settleWithinMs = 40_000;

/**
 * Plays a scene through the load balancer with stock clients: nothing but a token, and every default of theirs.
 * Everybody hears exactly what the transcript says, in its order, and nothing else.
 */
export async function playTranscript(
  cluster: SharedClusterView,
  { dialect: space, ids }: Transcript,
  { cast, turns, alone }: Scene,
): Promise<void> {
  const url = cluster.urls[space] ?? '';
  const bound = boundTo(Object.entries(cast), ids);
  const tokenOf = (who: string) => {
    const { name, role = 'user' } = cast[who] ?? {};
    return cluster.token(String(bound.get(who)), { space, role, ...(name !== undefined && { name }) });
  };
  const host = { url, token: cluster.token('host', { space, role: 'admin' }) };
  const nobodyIsThere = async () => {
    const answer = await callHttp(host, 'presence.count', {});
    return answer.ok && answer.body.count === 0;
  };
  const listening = new Map<string, Listening>();
  if (alone) await until(nobodyIsThere, { what: 'nobody else is there', withinMs: aloneWithinMs });
  try {
    for (const turn of turns) {
      const found = await played(turn);
      for (const [who, { heard }] of listening) {
        const expected = turn.heard?.[who] ?? [];
        const isHere = () => heard.length >= expected.length;
        await until(isHere, { what: `${who} hears it all`, withinMs: hearWithinMs }).catch(() => undefined);
        found.push(...differences(expected, heard.splice(0, Math.max(expected.length, 1)), bound, who));
      }
      expect({ turn, found }).toEqual({ turn, found: [] });
    }
    await Promise.all([...listening.values()].map(({ events }) => silence(events, 'heard')));
  } finally {
    for (const { socket } of listening.values()) socket.disconnect();
  }

  async function played(turn: Turn): Promise<string[]> {
    if ('host' in turn) {
      const [command, input] = turn.host;
      const answer = await callHttp(host, command, fill(input, bound) as never);
      return answer.ok ? [] : [`${command} was refused: ${answer.error?.message}`];
    }
    if ('requests' in turn) {
      let found = await asked(turn);
      const isSettled = async () => {
        if (found.length > 0) found = await asked(turn);
        return found.length === 0;
      };
      if (turn.settles) await until(isSettled, { what: 'it settles', withinMs: settleWithinMs }).catch(() => undefined);
      return found;
    }
    const { who } = turn;
    if ('emits' in turn) {
      const [name, ...args] = fill(turn.emits, bound) as [string, ...unknown[]];
      const socket = listening.get(who)?.socket;
      if (!socket) throw new Error(`${who} is not connected`);
      // Where nothing is heard only an acknowledgement tells that it was taken; clients of the contract ask for none.
      if (turn.heard) socket.emit(name, ...args);
      else expect(await socket.timeout(hearWithinMs).emitWithAck(name, ...args)).toEqual({ ok: true });
      return [];
    }
    if (turn.does === 'connect') listening.set(who, await listen(url, tokenOf(who)));
    else {
      listening.get(who)?.socket.disconnect();
      listening.delete(who);
    }
    return [];
  }

  async function asked(turn: Extract<Turn, { requests: string }>): Promise<string[]> {
    const [method = '', path = ''] = String(fill(turn.requests, bound)).split(' ');
    const body = turn.body === undefined ? undefined : fill(turn.body, bound);
    const answer = await request(method, `${url}${path}`, body, turn.who === undefined ? undefined : tokenOf(turn.who));
    // What has not settled binds nothing: the next answer may be another.
    const names: Bound = turn.settles ? new Map(bound) : bound;
    const found = differences(turn.answer, answer, names, turn.requests);
    if (found.length === 0) for (const [name, value] of names) bound.set(name, value);
    return found;
  }
}

/** Ids that nobody else has, ascending in the order of the cast. */
function boundTo(cast: readonly (readonly [string, Actor])[], ids: Transcript['ids']): Bound {
  const bound: Bound = new Map();
  const start = randomInt(1, 2 ** 40);
  const mark = randomBytes(4).toString('hex');
  cast.forEach(([who, { deviceOf }], i) => {
    const own = ids === 'integers' ? start + i : `${String.fromCharCode(97 + i)}-${who}-${mark}`;
    bound.set(who, bound.get(deviceOf ?? '') ?? own);
  });
  return bound;
}

async function listen(url: string, token: string): Promise<Listening> {
  const socket = io(url, { auth: { token }, forceNew: true });
  const heard: unknown[][] = [];
  const events = new EventEmitter();
  socket.onAny((...said: unknown[]) => {
    heard.push(said);
    events.emit('heard', said);
  });
  await until(() => socket.connected, { what: 'the client is connected', withinMs: hearWithinMs });
  return { socket, heard, events };
}

async function request(method: string, url: string, body: unknown, token: string | undefined): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return [response.status, await response.json()];
}
