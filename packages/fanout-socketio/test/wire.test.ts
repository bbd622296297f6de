import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, frameKinds } from '../src/frame.ts';
import { packetsOf, textOf } from '../src/packet.ts';
import { native } from '@parley/dialects';
import { nothingMore } from '@parley/protocol';
import { isFrom, isOurs, read, writeClosing, writeFrames } from '../src/wire.ts';

const name = fc.stringMatching(/^[a-z0-9-]{1,40}$/);
const packet = fc.record({
  voice: name,
  wire: fc.uint8Array({ minLength: 3, maxLength: 400 }).map((b) => Buffer.from(b)),
});
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const frame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom(...frameKinds),
  no: number,
  number,
  membershipVersion: number,
  needsSeq: number,
  actorId: fc.oneof(fc.constant(''), fc.string({ unit: 'binary', maxLength: 40 })),
  packets: fc.array(packet, { maxLength: 3 }),
});

describe('what travels between nodes', () => {
  it('arrives as it was written', () => {
    fc.assert(
      fc.property(name, fc.double({ noNaN: true }), fc.array(frame, { maxLength: 5 }), (nodeId, toldAt, frames) => {
        const message = writeFrames(nodeId, toldAt, frames);
        expect(isOurs(message)).toBe(true);
        expect(isFrom(message, nodeId)).toBe(true);
        expect(isFrom(message, `${nodeId}x`)).toBe(false);
        expect(read(message)).toEqual({ type: 'frames', nodeId, toldAt, frames });
      }),
    );
  });

  it('is refused as a whole when it is cut or damaged, and never as anything else', () => {
    const whole = fc
      .tuple(name, fc.array(frame, { minLength: 1, maxLength: 3 }))
      .map(([id, frames]) => writeFrames(id, 1, frames));
    fc.assert(
      fc.property(whole, fc.nat(), fc.nat(255), (message, at, byte) => {
        const cut = message.subarray(0, at % message.length);
        const damaged = Buffer.from(message);
        damaged[at % message.length] = byte;
        for (const bad of [cut, damaged]) {
          try {
            read(bad);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      }),
    );
  });

  it('is told from the messages of the adapter', () => {
    expect(isOurs(Buffer.from('{"type":3}'))).toBe(false);
    expect(isOurs(Buffer.from([0x83, 0xa3]))).toBe(false);
    expect(read(writeClosing('n1', 'draining'))).toEqual({ type: 'closing', nodeId: 'n1', code: 'draining' });
  });
});

describe('a packet', () => {
  it.each([0, 1, 100, 125, 126, 1_000, 65_000, 66_000])('of %i characters is a frame that holds its text', (chars) => {
    const afterMs = Number('1'.repeat(Math.max(1, Math.min(15, chars))));
    const message = 'ü'.repeat(chars);
    const [packet] = packetsOf(
      [native],
      'session.closing',
      { code: 'shutdown', message, retryAfterMs: afterMs },
      nothingMore,
    );
    if (!packet) throw new Error('no packet');
    expect(textOf(packet)).toBe(
      `2${JSON.stringify(['session.closing', { code: 'shutdown', message, retryAfterMs: afterMs }])}`,
    );
  });
});
