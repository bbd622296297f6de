import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import { answerOf, connectFrame, eventFrame, eventHead, packetOf, payloadOf } from '../lib/wire.ts';

describe('the hand-written codec says what the real parser says', () => {
  it('enters a namespace with its auth', () => {
    expect(decoded(connectFrame({ token: 'a.b.c' }))).toMatchObject({
      type: PacketType.CONNECT,
      nsp: '/',
      data: { token: 'a.b.c' },
    });
  });

  it('sends an event that asks for an answer', () => {
    const payload = { body: 'a "quoted" [word] \u2603\n' };
    expect(decoded(eventFrame(17, 'message.send', payload))).toMatchObject({
      type: PacketType.EVENT,
      nsp: '/',
      id: 17,
      data: ['message.send', payload],
    });
  });

  it('reads the number and the payload of an answer', () => {
    const frame = encoded({ type: PacketType.ACK, nsp: '/', id: 4_711, data: [{ ok: true, seq: 3 }] });
    const { id, at } = answerOf(frame);
    expect(packetOf(frame)).toBe('answer');
    expect(id).toBe(4_711);
    expect(JSON.parse(frame.slice(at))).toEqual([{ ok: true, seq: 3 }]);
    expect(payloadOf(frame)).toEqual([{ ok: true, seq: 3 }]);
  });

  it('knows an event by how it begins, and no other event that begins like it', () => {
    const event = (name: string) => encoded({ type: PacketType.EVENT, nsp: '/', data: [name, { seq: 1 }] });
    expect(event('message.created').startsWith(eventHead('message.created'))).toBe(true);
    expect(event('message.created.late').startsWith(eventHead('message.created'))).toBe(false);
    expect(packetOf(event('message.created'))).toBe('event');
  });

  it('reads what a refused handshake says', () => {
    const frame = encoded({
      type: PacketType.CONNECT_ERROR,
      nsp: '/',
      data: { message: 'No.', data: { code: 'draining' } },
    });
    expect(packetOf(frame)).toBe('refused');
    expect(payloadOf(frame)).toEqual({ message: 'No.', data: { code: 'draining' } });
  });

  it.each([
    ['0{"sid":"x"}', 'open'],
    ['2', 'ping'],
    ['40{"sid":"y"}', 'connected'],
    ['41', 'disconnected'],
    ['451-["bin",{"_placeholder":true,"num":0}]', undefined],
    ['', undefined],
  ])('takes %j for %s', (frame, packet) => {
    expect(packetOf(frame)).toBe(packet);
  });
});

/** As Engine.IO sends it: the packet of Socket.IO behind a `4`. */
function encoded(packet: Packet): string {
  const [text] = new Encoder().encode(packet);
  return `4${String(text)}`;
}

function decoded(frame: string): Packet {
  const packets: Packet[] = [];
  const decoder = new Decoder();
  decoder.on('decoded', (packet: Packet) => packets.push(packet));
  decoder.add(frame.slice(1));
  const [packet] = packets;
  if (!packet) throw new Error(`nothing was decoded from ${frame}`);
  return packet;
}
