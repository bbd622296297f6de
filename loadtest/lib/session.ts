import { integerAfter } from './scan.ts';
import { answerOf, connectFrame, eventFrame, eventHead, packetOf, path, payloadOf, pong } from './wire.ts';

/**
 * A session of the native contract over any WebSocket, for clients that cannot import ours (k6). It says what to write
 * and hears what came; it owns no socket and no clock.
 */
export type SessionHears = {
  ready(conversations: { id: string; lastSeq: number }[]): void;
  /** The number of an acknowledged message, or the code of a refusal. */
  answered(id: number, answer: { seq: number } | { code: string }): void;
  created(seq: number, frame: string): void;
  refused(code: string): void;
};

const readyHead = eventHead('session.ready');
const createdHead = eventHead('message.created');
const okHead = '[{"ok":true';

type Ready = [string, { conversations: { id: string; lastSeq: number }[] }];
type Refused = [{ error?: { code?: string } }];

export function socketUrl(baseUrl: string): string {
  return baseUrl.replace(/^http/, 'ws').replace(/\/$/, '') + path;
}

export function sendFrame(id: number, conversationId: string, clientId: string, body: string): string {
  return eventFrame(id, 'message.send', { conversationId, clientId, body });
}

/** Takes one frame. @returns what must be written back at once, if anything */
export function hear(frame: string, token: string, hears: SessionHears): string | undefined {
  if (frame.startsWith(createdHead)) {
    hears.created(integerAfter(frame, '"seq":'), frame);
    return undefined;
  }
  const packet = packetOf(frame);
  if (packet === 'open') return connectFrame({ token });
  if (packet === 'ping') return pong;
  if (packet === 'answer') {
    const { id, at } = answerOf(frame);
    hears.answered(
      id,
      frame.startsWith(okHead, at) ? { seq: integerAfter(frame, '"seq":', at) } : { code: codeOf(frame) },
    );
  } else if (packet === 'event' && frame.startsWith(readyHead)) {
    const [, { conversations }] = payloadOf(frame) as Ready;
    hears.ready(conversations);
  } else if (packet === 'refused' || packet === 'disconnected') {
    hears.refused(frame.slice(2, 200));
  }
  return undefined;
}

function codeOf(frame: string): string {
  const [answer] = payloadOf(frame) as Refused;
  return answer.error?.code ?? 'unreadable';
}
