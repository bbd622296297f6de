import { setTimeout as pause } from 'node:timers/promises';
import type { LogMembership } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import type { Departures } from './departures.ts';
import { type Gate, isOpen, proven } from './gate.ts';
import type { HeadsTeller } from './heads.ts';
import { headsOf, type Lane, pauseLonger } from './lane.ts';
import type { ComeIn, Listener, Listeners } from './listeners.ts';
import type { FanoutMetrics } from './metrics.ts';
import type { Questions } from './repairs.ts';
import { inboxRoom } from './rooms.ts';

type Parts = {
  questions: Questions;
  listeners: Listeners;
  heads: HeadsTeller;
  departures: Departures;
  metrics: FanoutMetrics;
  logger: Logger;
  isAlive: (lane: Lane) => boolean;
  /** These users are members: what waited for those of them who came in is theirs. */
  admit: (lane: Lane, members: LogMembership['present']) => void;
  comeIn: ComeIn;
};

/**
 * Asks the log who of a conversation's room is a member, takes the others out, and lets the rest hear. It asks until it
 * has an answer: nothing is emitted on a doubt. Who comes in meanwhile is asked about in the next round.
 */
export function createMembersCheck(parts: Parts) {
  const { questions, listeners, heads, departures, metrics, logger, isAlive, admit, comeIn } = parts;

  const check = async (lane: Lane, gate: Gate): Promise<void> => {
    while (isAlive(lane) && (!isOpen(gate) || gate.wanted)) {
      gate.wanted = false;
      forgetGone(lane, gate);
      const asked = new Set([...gate.doubtful, ...[...gate.newcomers.keys()].map(({ userId }) => userId)]);
      if (asked.size === 0) return;
      try {
        const { version, present, gone } = await questions.membership(lane.no, [...asked]);
        for (const userId of present.keys()) asked.delete(userId);
        evict(lane, gate, asked, gone);
        const isNewest = proven(gate, version, [...present.keys(), ...asked], () => listeners.userIds(lane.room));
        if (isNewest) admit(lane, present);
        comeAgain(lane, version, present);
        lane.retryMs = 0;
      } catch (err) {
        pauseLonger(lane);
        logger.warn({ err, no: lane.no, retryMs: lane.retryMs }, 'members cannot be read; the room waits');
        await pause(lane.retryMs, undefined, { ref: false });
        gate.wanted = true;
      }
    }
  };

  const forgetGone = ({ room }: Lane, gate: Gate): void => {
    const here = listeners.userIds(room);
    for (const userId of gate.doubtful) if (!here.has(userId)) gate.doubtful.delete(userId);
    for (const newcomer of gate.newcomers.keys()) {
      if (!newcomer.socket.rooms.has(room)) gate.newcomers.delete(newcomer);
    }
  };

  const evict = (lane: Lane, gate: Gate, out: ReadonlySet<string>, gone: LogMembership['gone']): void => {
    const { room, no, seq } = lane;
    for (const listener of listeners.in(room)) {
      const { socket, space, userId } = listener;
      if (!out.has(userId)) continue;
      const isNewcomer = gate.newcomers.delete(listener);
      metrics.evicted.inc();
      const ended = gone.get(userId);
      if (!ended) void socket.leave(room);
      else departures.depart(listener, no, isNewcomer ? undefined : seq.told, ended.untilSeq);
      // The news of it may be lost: comparing the heads, they learn that it is gone.
      const standing = headsOf(lane);
      departures.afterwards(listener, no, () => void heads.tell(inboxRoom(space, userId), [standing]));
    }
  };

  /** Who was removed and came back before anybody heard of it: what was said in between is not theirs. */
  const comeAgain = (lane: Lane, version: number, present: LogMembership['present']): void => {
    const { room, no, seq, rev } = lane;
    const fromSeqOf = ({ userId }: Listener): number => present.get(userId)?.fromSeq ?? 0;
    const again = [...listeners.in(room)].filter((each) => seq.told !== undefined && seq.told < fromSeqOf(each));
    lane.lettingIn = true;
    for (const { socket } of again) void socket.leave(room);
    for (const listener of again) {
      const fromSeq = fromSeqOf(listener);
      comeIn(listener, { no, lastSeq: fromSeq, rev: rev.told ?? 0, membershipVersion: version }, fromSeq);
    }
    lane.lettingIn = false;
  };

  /** @param onDone nobody is in doubt any more, or nobody is there */
  return (lane: Lane, onDone: () => void): void => {
    const { gate } = lane;
    if (!gate || gate.checking) return;
    gate.checking = true;
    const checked = check(lane, gate).finally(() => {
      gate.checking = false;
      if (isAlive(lane)) onDone();
    });
    inBackground(logger, 'fanout.members', checked);
  };
}
