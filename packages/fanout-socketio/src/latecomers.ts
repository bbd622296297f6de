import type { LogStanding } from '@parley/core';
import type { Alone } from './alone.ts';
import type { Departures } from './departures.ts';
import type { HeadsTeller } from './heads.ts';
import { limits } from './limits.ts';
import type { Listener } from './listeners.ts';
import type { Net } from './metrics.ts';
import type { Questions } from './repairs.ts';
import { conversationRoom, inboxRoom } from './rooms.ts';
import type { Sequencer } from './sequencer.ts';

export type LatecomersParts = {
  alone: Alone;
  questions: Questions;
  sequencer: Sequencer;
  heads: HeadsTeller;
  departures: Departures;
  comeIn: (listener: Listener, standing: LogStanding, fromSeq: number) => void;
};

/** Lets those in who are behind their room: the news that they are members came after messages that are theirs. */
export function createLatecomers({ alone, questions, sequencer, heads, departures, comeIn }: LatecomersParts) {
  /** In which conversations each of them is being told what they missed. */
  const coming = new WeakMap<Listener, Set<number>>();

  const tellMissed = async (listener: Listener, standing: LogStanding, fromSeq: number, net: Net): Promise<void> => {
    const { no } = standing;
    const { socket, space, userId } = listener;
    const room = conversationRoom(space, no);
    const isOut = () => socket.connected && !socket.rooms.has(room);
    const toldNow = () => sequencer.toldIn(room, no) ?? 0;
    let heard = fromSeq;
    for (let told = toldNow(); told > heard; told = toldNow()) {
      const isMuch = told - heard > limits.repairedMessagesMax;
      if (isMuch && heads.tell(inboxRoom(space, userId), [{ ...standing, lastSeq: told }])) {
        heard = told;
        continue;
      }
      const upTo = Math.min(told, heard + limits.messagesPerQuery);
      const messages = await alone.patiently(() => questions.messages(no, heard, upTo), isOut);
      // Asked last: who is a member now may hear what was read before. The news may be old.
      const members = messages && (await alone.patiently(() => questions.membership(no, [userId]), isOut));
      if (!members || !isOut()) return;
      const ended = members.gone.get(userId);
      if (ended) departures.depart(listener, no, Math.max(heard, ended.fromSeq), ended.untilSeq);
      const member = members.present.get(userId);
      if (!member) return;
      const theirs = messages.filter(({ message }) => message.seq > member.fromSeq);
      alone.tell(listener, theirs, net);
      heard = Math.max(upTo, member.fromSeq);
    }
    comeIn(listener, { ...standing, lastSeq: heard }, heard);
    sequencer.observe(room, standing, net);
  };

  /**
   * Somebody is called a member who came after message `fromSeq`, and the room went on without them. What it was told
   * since then they hear alone, and come in right behind it; who was removed since hears the last of their time.
   */
  return async (listener: Listener, standing: LogStanding, fromSeq: number, net: Net): Promise<void> => {
    const nos = coming.get(listener) ?? new Set();
    if (nos.has(standing.no)) return;
    coming.set(listener, nos.add(standing.no));
    try {
      await tellMissed(listener, standing, fromSeq, net);
    } finally {
      nos.delete(standing.no);
    }
  };
}
