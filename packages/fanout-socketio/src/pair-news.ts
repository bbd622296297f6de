import type { Server } from 'socket.io';

type Heard = (space: string, userA: string, userB: string) => void;

/** What every other node that can be reached says of two users; what is lost is not said again, but known to be. */
export type PairHearing = {
  /** What the host said of the two is over. */
  onTalkForgotten?: Heard;
  /** A link of the two was put, cancelled or deleted. */
  onLinkChanged?: Heard;
  /** This node hears the others again, after a time in which it did not. */
  onPairNewsMissed?: () => void;
};

/** What nodes say to each other, beside what is told in rooms. */
const talkForgotten = 'talk.forgotten';
const linkChanged = 'link.changed';

export function createPairNews(io: Server, { onTalkForgotten, onLinkChanged }: PairHearing) {
  const say =
    (name: string): Heard =>
    (...pair) =>
      void io.serverSideEmit(name, ...pair);
  if (onTalkForgotten) io.on(talkForgotten, onTalkForgotten);
  if (onLinkChanged) io.on(linkChanged, onLinkChanged);
  return { forgetTalk: say(talkForgotten), linkChanged: say(linkChanged) };
}
