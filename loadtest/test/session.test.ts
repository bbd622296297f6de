import { limits, messageId } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { hear, sendFrame, socketUrl } from '../lib/session.ts';
import { type Summary, verdictOf } from '../lib/summary.ts';

const conversationId = messageId(7, 0);

/** Takes frames as a session does. @returns what it wrote back, and what it heard */
function hearing(...frames: string[]) {
  const heard: unknown[] = [];
  const written = frames.flatMap(
    (frame) =>
      hear(frame, 'a.b.c', {
        ready: (conversations) => heard.push(conversations),
        answered: (id, answer) => heard.push({ id, ...answer }),
        created: (seq) => heard.push(seq),
        refused: (why) => heard.push(why),
      }) ?? [],
  );
  return { heard, written };
}

describe('a session of the native contract by hand', () => {
  it('gives its token when the connection opens, and answers every ping', () => {
    expect(hearing('0{"sid":"x","pingInterval":20000}', '40{"sid":"y"}', '2').written).toEqual([
      '40{"token":"a.b.c"}',
      '3',
    ]);
  });

  it('hears where its conversations stand', () => {
    const ready = { userId: 'ann', limits, conversations: [{ id: conversationId, lastSeq: 4 }] };
    expect(hearing(`42["session.ready",${JSON.stringify(ready)}]`).heard).toEqual([ready.conversations]);
  });

  it('tells a stored message from a refused one', () => {
    const stored = { ok: true, id: messageId(7, 5), conversationId, seq: 5, duplicate: false };
    const refused = { ok: false, error: { code: 'rate_limited', message: 'Later.', retryAfterMs: 9 } };
    expect(hearing(`431${JSON.stringify([stored])}`, `432${JSON.stringify([refused])}`).heard).toEqual([
      { id: 1, seq: 5 },
      { id: 2, code: 'rate_limited' },
    ]);
  });

  it('reads the number of a message, whatever its body says', () => {
    const message = { id: messageId(7, 31), conversationId, seq: 31, rev: 0, body: '"seq":99' };
    expect(hearing(`42["message.created",${JSON.stringify(message)}]`).heard).toEqual([31]);
  });

  it('hears why it was refused or ended', () => {
    expect(hearing('44{"message":"No.","data":{"code":"token_expired"}}', '41').heard).toEqual([
      '{"message":"No.","data":{"code":"token_expired"}}',
      '',
    ]);
  });

  it('finds the WebSocket of a base URL', () => {
    expect(socketUrl('https://chat.example/')).toBe('wss://chat.example/socket.io/?EIO=4&transport=websocket');
    expect(sendFrame(3, conversationId, 'c', 'hi')).toMatch(/^423\["message\.send",\{/);
  });
});

describe('the verdict', () => {
  const summary = (gapsOk: boolean): Summary => ({
    metrics: {
      parley_gaps: { type: 'counter', values: { count: gapsOk ? 0 : 3 }, thresholds: { 'count==0': { ok: gapsOk } } },
      parley_ack_ms: { type: 'trend', values: { 'p(99)': 9.876 }, thresholds: { 'p(99)<250': { ok: true } } },
      vus: { type: 'gauge', values: { value: 5 } },
    },
  });

  it('passes when every threshold held', () => {
    expect(verdictOf('smoke', summary(true)).trimEnd().split('\n')).toEqual([
      '✓ parley_ack_ms  p(99)<250  (p(99)=9.88)',
      '✓ parley_gaps    count==0  (count=0)',
      'smoke: PASSED',
    ]);
  });

  it('names what was crossed', () => {
    expect(verdictOf('smoke', summary(false))).toMatch(/✗ parley_gaps.*\nsmoke: FAILED: parley_gaps\n$/);
  });
});
