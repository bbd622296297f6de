import type { LogStanding } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import type { Alone } from './alone.ts';
import type { Departures } from './departures.ts';
import type { HeadsTeller } from './heads.ts';
import { limits } from './limits.ts';
import type { ComeIn, Listener } from './listeners.ts';
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
  comeIn: ComeIn;
  logger: Logger;
};

/** Lets those in who are behind their room: the news that they are members came after messages that are theirs. */
export function createLatecomers(parts: LatecomersParts) {
  const { alone, questions, sequencer, heads, departures, comeIn, logger } = parts;
  /** In which conversations each of them is being told what they missed. */
  const coming = new WeakMap<Listener, Map<number, Promise<void>>>();

  const tellMissed = async (listener: Listener, standing: LogStanding, fromSeq: number, net: Net): Promise<void> => {
    const { no } = standing;
    const { socket, space, userId } = listener;
    const room = conversationRoom(space, no);
    const isOut = () => socket.connected && !socket.rooms.has(room);
    const toldNow = () => sequencer.toldIn(room, no) ?? 0;
    let heard = fromSeq;
    let { membershipVersion } = standing;
    // The news may be old: who is a member no longer hears the last of their time, and does not come in.
    const stillMember = async () => {
      const members = await alone.patiently(() => questions.membership(no, [userId]), isOut);
      if (!members || !isOut()) return undefined;
      membershipVersion = members.version;
      const ended = members.gone.get(userId);
      if (ended) departures.depart(listener, no, Math.max(heard, ended.fromSeq), ended.untilSeq);
      return members.present.get(userId);
    };
    for (let told = toldNow(); told > heard; told = toldNow()) {
      const isMuch = told - heard > limits.repairedMessagesMax;
      if (isMuch) {
        if (!(await stillMember())) return;
        if (heads.tell(inboxRoom(space, userId), [{ ...standing, lastSeq: told }])) {
          heard = told;
          continue;
        }
      }
      const upTo = Math.min(told, heard + limits.messagesPerQuery);
      const messages = await alone.patiently(() => questions.messages(no, heard, upTo), isOut);
      // Asked last: who is a member now may hear what was read before.
      const member = messages && (await stillMember());
      if (!member) return;
      const theirs = messages.filter(({ message }) => message.seq > member.fromSeq);
      alone.tell(listener, theirs, net);
      heard = Math.max(upTo, member.fromSeq);
    }
    comeIn(listener, { ...standing, membershipVersion, lastSeq: heard }, heard);
    sequencer.observe(room, standing, net);
  };

  /**
   * Somebody is called a member who came after message `fromSeq`, and the room went on without them. What it was told
   * since then they hear alone, and come in right behind it. Once for all that call them so meanwhile.
   */
  const comeLate = (listener: Listener, standing: LogStanding, fromSeq: number, net: Net): Promise<void> => {
    const { no } = standing;
    const nos = coming.get(listener) ?? new Map<number, Promise<void>>();
    coming.set(listener, nos);
    const before = nos.get(no);
    if (before) return before;
    const told = departures.finished(listener, no).then(() => tellMissed(listener, standing, fromSeq, net));
    const done = told.finally(() => nos.delete(no));
    nos.set(no, done);
    return done;
  };

  return {
    comeLate,
    /** Once a listener who is coming into a conversation has come, or was not let in; or now. */
    afterwards(listener: Listener, no: number, then: () => void): void {
      const under = coming.get(listener)?.get(no);
      if (under) inBackground(logger, 'fanout.afterComing', under.then(then));
      else then();
    },
  };
}
