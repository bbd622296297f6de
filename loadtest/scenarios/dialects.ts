import { integerAfter, wordAfter } from '../lib/scan.ts';
import { openSocket } from '../lib/socket.ts';
import { readStamp } from '../lib/stamp.ts';
import type { Stored } from '../lib/session.ts';
import type { Contract } from './plan.ts';
import type { Opens, Voice, VoiceHears } from './voice.ts';

type Said = readonly [event: string, payload: unknown];
type Writer = { isStaff: boolean; userId: string; peerId: string };

/** How one of two people speaks one of the five contracts. What they hear is known by the stamp that it carries. */
export type Words = {
  send: (body: string, writer: Writer) => Said;
  /** Events that carry a message, to its sender too: nothing else acknowledges it. */
  tells: readonly string[];
  /** Enters the conversation that a message was in; absent where messages come without it. */
  join?: (frame: string) => Said;
};

export type Dialect = Exclude<Contract, 'native'>;

export const words: Record<Dialect, Words> = {
  'alien-fit': {
    send: (content, { isStaff, peerId }) => ['chat:send', isStaff ? { content, userId: peerId } : { content }],
    tells: ['chat:message'],
  },
  'trainer-chat': {
    send: (content, { peerId }) => ['sendMessage', { receiverId: peerId, content, type: 'text' }],
    tells: ['newMessage', 'newMessageNotification'],
    join: (frame) => ['joinConversation', { conversationId: wordAfter(frame, '"conversationId":"') }],
  },
  'tutor-go': {
    send: (message, { userId, peerId }) => [
      'send-message',
      { conversationId: `${userId}_${peerId}`, receiverId: peerId, message },
    ],
    tells: ['message-sent', 'new-message'],
  },
  'direct-chat': {
    send: (content, { peerId }) => ['send_message', { receiverId: Number(peerId), content }],
    tells: ['new_message', 'message_notification'],
    join: (frame) => ['join_conversation', { conversationId: integerAfter(frame, '"conversationId":') }],
  },
  'precious-jewellery': {
    send: (message, { peerId }) => [
      'send_message',
      { receiverId: peerId, message, messageType: 'text', replyTo: null },
    ],
    tells: ['message_sent', 'new_message'],
  },
};

/**
 * These contracts number nothing and answer nothing: what its sender hears back is stored, and what was said while
 * somebody was away is not fetched. So their scenarios cut nobody.
 */
export function speak(dialect: Dialect, { url, open, seat, member }: Opens, hears: VoiceHears): Voice {
  const { send, tells, join } = words[dialect];
  const { sender, userId, peerIds } = seat;
  const writer: Writer = { isStaff: sender % 2 === 1, userId, peerId: peerIds[0] ?? '' };
  const heads = tells.map((name) => `42["${name}",`);
  /** By the sender's counter. */
  const unanswered: Stored[] = [];
  let answered = 0;
  let joined = false;

  const socket = openSocket(
    { url, open, auth: () => ({ token: seat.token }) },
    {
      connected: () => hears.level(),
      raw: (frame, atMs) => heads.some((head) => frame.startsWith(head)) && heard(frame, atMs),
      event(name, args) {
        if (name === 'error') console.error(`${userId} heard an error: ${JSON.stringify(args)}`);
      },
      disconnected: (reason) => hears.cut(reason),
      refused: (error) => hears.refused(JSON.stringify(error)),
    },
  );

  return {
    send(_id, body, stored) {
      unanswered.push(stored);
      socket.emit(...send(body, writer));
    },
    type() {},
    read() {},
    watch() {},
    audit: undefined,
    leave() {},
    close: () => socket.close(),
  };

  function heard(frame: string, atMs: number): true {
    const stamp = readStamp(frame);
    // Staff hears of every thread of its space: what two others said is not ours to check.
    if (!stamp || stamp.sender >> 1 !== sender >> 1) return true;
    member.heard({ stamp, atMs });
    if (stamp.sender === sender && stamp.counter === answered) {
      answered += 1;
      unanswered.shift()?.({ seq: Number.NaN }, atMs);
    }
    if (join && !joined) socket.emit(...join(frame));
    joined = true;
    return true;
  }
}
