import { setTimeout as pause } from 'node:timers/promises';
import type { LogStanding } from '@parley/core';
import type { Logger } from '@parley/node-kit';
import type { Frame } from './frame.ts';
import type { HeadsTeller } from './heads.ts';
import { limits } from './limits.ts';
import type { Listener } from './listeners.ts';
import type { FanoutMetrics } from './metrics.ts';
import type { Questions, Said } from './repairs.ts';
import { conversationRoom, inboxRoom } from './rooms.ts';
import type { Sequencer } from './sequencer.ts';

export type LatecomersParts = {
  questions: Questions;
  sequencer: Sequencer;
  heads: HeadsTeller;
  metrics: FanoutMetrics;
  logger: Logger;
  emitTo: (listener: Listener, frame: Frame) => void;
  encode: (room: string, repair: Said) => Frame | undefined;
  comeIn: (listener: Listener, standing: LogStanding, fromSeq: number) => void;
};

/** Lets those in who are behind their room: the news that they are members came after messages that are theirs. */
export function createLatecomers(parts: LatecomersParts) {
  const { questions, sequencer, heads, metrics, logger, emitTo, encode, comeIn } = parts;
  /** In which conversations each of them is being told what they missed. */
  const coming = new WeakMap<Listener, Set<number>>();

  /** Until the log answers; `undefined` when nobody waits for it any more. */
  const askFor = async <T>({ socket }: Listener, question: () => Promise<T>): Promise<T | undefined> => {
    while (socket.connected) {
      try {
        return await question();
      } catch (err) {
        logger.warn({ err }, 'what a member missed cannot be read; it is asked for again');
        await pause(limits.logRetryMsMax, undefined, { ref: false });
      }
    }
    return undefined;
  };

  const tellMissed = async (listener: Listener, standing: LogStanding, fromSeq: number): Promise<void> => {
    const { no } = standing;
    const { socket, space, userId } = listener;
    const room = conversationRoom(space, no);
    const inbox = inboxRoom(space, userId);
    let heard = fromSeq;
    for (let told = fromSeq; ; heard = told) {
      told = sequencer.toldIn(room, no) ?? heard;
      if (told <= heard) break;
      if (told - fromSeq > limits.repairedMessagesMax && heads.tell(inbox, [standing])) continue;
      const messages = await askFor(listener, () => questions.messages(no, heard, told));
      if (!messages || !socket.connected || socket.rooms.has(room)) return;
      for (const { message: payload, authorId } of messages) {
        const frame = encode(inbox, { name: 'message.created', payload, authorId });
        if (frame) emitTo(listener, frame);
        metrics.repaired.inc({ net: 'tail', kind: 'message.created' });
      }
      told = Math.min(told, heard + limits.messagesPerQuery);
    }
    comeIn(listener, { ...standing, lastSeq: heard }, heard);
    sequencer.observe(room, standing, 'tail');
  };

  /**
   * A member came after message `fromSeq`, and the room went on without them. What it was told since then they hear
   * alone, and come in right behind it. To be called for members only.
   */
  const comeLate = async (listener: Listener, standing: LogStanding, fromSeq: number): Promise<void> => {
    const nos = coming.get(listener) ?? new Set();
    if (nos.has(standing.no)) return;
    coming.set(listener, nos.add(standing.no));
    try {
      await tellMissed(listener, standing, fromSeq);
    } finally {
      nos.delete(standing.no);
    }
  };

  /** The same for whom old news calls a member: they may have been removed since. */
  const comeLateIfMember = async (listener: Listener, standing: LogStanding, fromSeq: number): Promise<void> => {
    const { userId } = listener;
    const members = await askFor(listener, () => questions.membership(standing.no, [userId]));
    if (members?.present.has(userId)) await comeLate(listener, standing, fromSeq);
  };

  return { comeLate, comeLateIfMember };
}
