import fc from 'fast-check';
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import { putBack, takeOut } from '../lib/binary.ts';
import {
  answerFrame,
  connectFrame,
  disconnectFrame,
  eventFrame,
  eventHead,
  headOf,
  payloadOf,
  socketUrl,
} from '../lib/wire.ts';

const namespaces = fc.constantFrom('/', '/admin', '/a/b', '/12');
const ids = fc.option(fc.nat({ max: 2 ** 31 }), { nil: undefined });
const bytes = fc.uint8Array({ maxLength: 20 }).map((view) => new Uint8Array(view).buffer);
/** What JSON carries, and binary values at any place in it. No key of ours may be one of the user's. */
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.jsonValue({ maxDepth: 1, noUnicodeString: false }),
    bytes,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 3 }),
  ),
})).value;
const argLists = fc.array(values, { maxLength: 4 });

describe('the hand-written codec and the real parser say the same of any packet', () => {
  it('events and answers, with numbers, namespaces and binary values, as we write them', () => {
    fc.assert(
      fc.property(fc.boolean(), namespaces, ids, argLists, (isEvent, namespace, id, args) => {
        const said = isEvent ? ['named', ...args] : args;
        const answerId = id ?? 0;
        const taken: ArrayBuffer[] = [];
        const text = takeOut(said, taken) as unknown[];
        const where = { namespace, id: isEvent ? id : answerId, attachments: taken.length };
        const packet = parsed([(isEvent ? eventFrame : answerFrame)(text, where), ...taken]);
        expect(packet.nsp).toBe(namespace);
        expect(packet.id).toBe(where.id);
        expect(plain(packet.data)).toEqual(plain(said));
      }),
    );
  });

  it('the same, as it writes them', () => {
    fc.assert(
      fc.property(fc.boolean(), namespaces, ids, argLists, (isEvent, namespace, id, args) => {
        const data = isEvent ? ['named', ...args] : args;
        const type = isEvent ? PacketType.EVENT : PacketType.ACK;
        const answerId = isEvent ? id : (id ?? 0);
        const [frame, ...taken] = written({
          type,
          nsp: namespace,
          data: structuredClone(data),
          ...(answerId !== undefined && { id: answerId }),
        });
        const head = headOf(String(frame))!;
        expect(head).toMatchObject({ packet: isEvent ? 'event' : 'answer', namespace, id: answerId });
        expect(head.attachments).toBe(taken.length);
        const payload = putBack(payloadOf(String(frame), head), taken.map(bufferOf));
        expect(plain(payload)).toEqual(plain(data));
      }),
    );
  });

  it('entering, leaving and being refused', () => {
    fc.assert(
      fc.property(namespaces, fc.dictionary(fc.string(), fc.jsonValue()), (namespace, auth) => {
        expect(parsed([connectFrame(auth, namespace)])).toMatchObject({ type: PacketType.CONNECT, nsp: namespace });
        expect(plain(parsed([connectFrame(auth, namespace)]).data)).toEqual(plain(auth));
        expect(parsed([disconnectFrame(namespace)])).toMatchObject({ type: PacketType.DISCONNECT, nsp: namespace });
        const [frame] = written({ type: PacketType.CONNECT_ERROR, nsp: namespace, data: { message: 'No.' } });
        const head = headOf(String(frame))!;
        expect(head).toMatchObject({ packet: 'refused', namespace });
        expect(payloadOf(String(frame), head)).toEqual({ message: 'No.' });
      }),
    );
  });

  it('knows an event by how it begins, and no other event that begins like it', () => {
    const event = (name: string) => String(written({ type: PacketType.EVENT, nsp: '/', data: [name, { seq: 1 }] })[0]);
    expect(event('message.created').startsWith(eventHead('message.created'))).toBe(true);
    expect(event('message.created.late').startsWith(eventHead('message.created'))).toBe(false);
  });
});

describe('frames of the transport', () => {
  it.each([
    ['0{"sid":"x"}', 'open'],
    ['2', 'ping'],
    ['6', 'noop'],
    ['41', 'disconnected'],
    ['5', undefined],
    ['4', undefined],
    ['', undefined],
  ])('takes %j for %s', (frame, packet) => {
    expect(headOf(frame)?.packet).toBe(packet);
  });

  it('finds the WebSocket of a base URL', () => {
    expect(socketUrl('https://chat.example/')).toBe('wss://chat.example/socket.io/?EIO=4&transport=websocket');
    for (const path of ['/ws/', '/ws', 'ws']) {
      expect(socketUrl('http://a:1', path)).toBe('ws://a:1/ws/?EIO=4&transport=websocket');
    }
    expect(socketUrl('http://a', undefined, { 'to ken': 'a&b=é' })).toBe(
      'ws://a/socket.io/?EIO=4&transport=websocket&to%20ken=a%26b%3D%C3%A9',
    );
  });

  it('refuses a placeholder of a frame that never came', () => {
    expect(() => putBack([{ _placeholder: true, num: 1 }], [new ArrayBuffer(1)])).toThrow(/number 1/);
  });
});

/** As Engine.IO sends it: the packet of Socket.IO behind a `4`, and binary frames as they are. */
function written(packet: Packet): (string | Uint8Array)[] {
  const [text, ...binary] = new Encoder().encode(packet) as [string, ...Uint8Array[]];
  return [`4${text}`, ...binary];
}

function parsed([text, ...binary]: [string, ...ArrayBuffer[]]): Packet {
  const packets: Packet[] = [];
  const decoder = new Decoder();
  decoder.on('decoded', (packet: Packet) => packets.push(packet));
  decoder.add(text.slice(1));
  for (const frame of binary) decoder.add(frame);
  const [packet] = packets;
  if (!packet) throw new Error(`nothing was decoded from ${text}`);
  return packet;
}

function bufferOf(frame: string | Uint8Array): ArrayBuffer {
  return frame instanceof ArrayBuffer ? frame : new Uint8Array(Buffer.from(frame)).buffer;
}

/** Comparable: bytes as texts, and what JSON makes of the rest (-0 is 0). */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) =>
      item instanceof ArrayBuffer ? `bytes ${Buffer.from(item).toString('hex')}` : item,
    ) ?? 'null',
  );
}
