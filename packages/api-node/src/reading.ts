import { finished } from 'node:stream';
import type { Caller } from '@parley/core';
import { type Doors, doorOf } from '@parley/node-kit';
import { limits } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOnceProven } from './caller.ts';
import { refused } from './refusals.ts';

type Line = { reading: number; waiting: (() => void)[] };

/** A HEAD finds all that its GET does. */
const isRead: ReadonlySet<string> = new Set(['GET', 'HEAD']);
/** Of one user. Who lets more of them wait has not looked at an answer for long. */
const waitingMax = 500;

export type Reading = ReturnType<typeof createReading>;

/**
 * Keeps long answers from taking a node away from everybody else: a page of 200 messages may have 10 MB, and costs its node
 * and PostgreSQL a thousand times as much as a short one. One user's reads take turns, and a long answer is paid for.
 */
export function createReading(doors: Doors, max: number = limits.readsAtOnceMax) {
  const lines = new Map<string, Line>();

  const begin = (key: string): void | Promise<void> => {
    const line = lines.get(key) ?? { reading: 0, waiting: [] };
    lines.set(key, line);
    if (line.reading < max) return void (line.reading += 1);
    if (line.waiting.length >= waitingMax) throw refused('busy');
    return new Promise((resolve) => line.waiting.push(resolve));
  };
  const end = (key: string) => {
    const line = lines.get(key);
    const next = line?.waiting.shift();
    if (next) next();
    else if (line && (line.reading -= 1) === 0) lines.delete(key);
  };

  return {
    /**
     * Runs what a request asks for; of a read, when it is its user's turn, which lasts until the answer has left.
     * @throws Failure `busy`, and whatever `work` throws
     */
    async take<T>(caller: Caller, request: FastifyRequest, reply: FastifyReply, work: () => Promise<T>): Promise<T> {
      if (!isRead.has(request.method)) return work();
      const key = `${caller.space}\n${caller.userId}`;
      await begin(key);
      const left = new Promise<void>((resolve) => finished(reply.raw, () => resolve()));
      const working = work();
      void Promise.allSettled([working, left]).then(() => end(key));
      return working;
    },
    /** Has a long answer draw on the budget of whom it is for, as much as several of the length that one read pays for. */
    chargeIn(app: FastifyInstance): void {
      app.addHook('onSend', async (request, _reply, payload) => {
        const caller = typeof payload === 'string' ? callerOnceProven(request) : undefined;
        const more = caller ? Math.floor(Buffer.byteLength(String(payload)) / limits.readAnswerBytes) : 0;
        if (caller && more > 0) doorOf(doors, request.headers)?.limiter.charge(caller.userId, 'read', more);
      });
    },
  };
}
