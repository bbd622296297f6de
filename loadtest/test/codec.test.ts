import { describe, expect, it } from 'vitest';
import { integerBehind, stampIn, startsWith } from '../generator/bytes.ts';
import { codecs } from '../generator/codec.ts';
import type { Seat } from '../generator/plan.ts';
import { stampedBody } from '../lib/stamp.ts';
import { headOf, payloadOf } from '../lib/wire.ts';

const codec = codecs['direct-chat'];
const chat = 2 ** 30 + 7;
const seat: Seat = { url: '', headers: {}, userId: '1000', token: 't', conversationId: String(chat), peerId: '1001' };
const stamp = { sender: 3, counter: 41, atUs: 12_345 };
const content = stampedBody(stamp);

const headIn = (frame: string) => headOf(frame) ?? expect.fail(frame);
const eventIn = (frame: string) => payloadOf(frame, headIn(frame));
const outcomeOf = (frame: string) => codec.outcome(frame, headIn(frame));

describe('a client of direct-chat', () => {
  it('joins its conversation first, and sends as the contract has it', () => {
    const first = 'first' in codec.ready ? codec.ready.first(seat) : expect.fail('it waits for an event');
    expect(eventIn(first)).toEqual(['join_conversation', { conversationId: chat }]);
    expect(eventIn(codec.send(9, seat, 'unused', content))).toEqual([
      'send_message',
      { receiverId: 1001, conversationId: chat, content },
    ]);
  });

  it('knows what was stored from what was refused', () => {
    expect(outcomeOf('430[{"ok":true}]')).toBe('stored');
    const refused = '431[{"ok":false,"error":{"code":"rate_limited","message":"","retryAfterMs":7}}]';
    expect(outcomeOf(refused)).toEqual({ code: 'rate_limited', retryAfterMs: 7 });
  });

  it('reads the number and the stamp of a message, the first of its conversation', () => {
    const message = { id: 2 ** 52 + 7 * 2 ** 22 + 1, senderId: 1000, receiverId: 1001, conversationId: chat, content };
    const frame = Buffer.from(`42${JSON.stringify(['new_message', { ...message, sender: { id: 1000 } }])}`);
    expect(startsWith(frame, codec.deliveryHead, 0, frame.length)).toBe(true);
    expect(stampIn(frame, 0, frame.length)).toEqual(stamp);
    const number = codec.numberKey && integerBehind(frame, codec.numberKey, 0, frame.length);
    expect(number).toBe((codec.reached('', seat) ?? 0) + 1);
  });
});
