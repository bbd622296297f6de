import { type Frame, frameKinds } from './frame.ts';
import type { Packet } from './packet.ts';

/**
 * What travels between nodes: one message per room and tick. Its first byte tells our messages from the adapter's own,
 * which are JSON ('{') or a msgpack map (from 0x80 on). Payloads travel as ready frames: a receiver reads numbers and
 * lengths, and never parses what a client will read.
 *
 *     message  = tag u8 · node (u8 length, text) · told at f64 (ms since 1970) · frame*
 *     frame    = kind u8 · no f64 · number f64 · membership version f64 · needs seq f64 · actor (u16 length, UTF-8)
 *                · packets u8 · packet*
 *     packet   = voice (u8 length, text) · u32 length · WebSocket frame
 *     closing  = tag u8 · node (u8 length, text) · code (u8 length, text)
 *
 * A message that no longer fits is dropped by its receivers, and repaired: so a new layout takes a new tag.
 */
export const tags = { frames: 0x01, closing: 0x02, probe: 0x03 } as const;

export type Heard =
  | { type: 'frames'; nodeId: string; toldAt: number; frames: Frame[] }
  | { type: 'closing'; nodeId: string; code: string };

export function isOurs(message: Buffer): boolean {
  return message[0] === tags.frames || message[0] === tags.closing;
}

/** What a node says to itself: nothing but that it can be heard. */
export const probe: Buffer = Buffer.from([tags.probe]);

export function isProbe(message: Buffer): boolean {
  return message[0] === tags.probe;
}

/** Whether a node hears itself: cheaper than reading it. */
export function isFrom(message: Buffer, nodeId: string): boolean {
  return message[1] === nodeId.length && message.toString('latin1', 2, 2 + nodeId.length) === nodeId;
}

export function writeFrames(nodeId: string, toldAt: number, frames: readonly Frame[]): Buffer {
  let bytes = 10 + nodeId.length;
  for (const { actorId, packets } of frames) {
    bytes += frameHeaderBytes + Buffer.byteLength(actorId);
    for (const { voice, wire } of packets) bytes += 5 + voice.length + wire.length;
  }
  const message = Buffer.allocUnsafe(bytes);
  message[0] = tags.frames;
  let at = writeName(message, 1, nodeId);
  at = message.writeDoubleLE(toldAt, at);
  for (const frame of frames) {
    message[at] = frameKinds.indexOf(frame.kind);
    at = message.writeDoubleLE(frame.no, at + 1);
    at = message.writeDoubleLE(frame.number, at);
    at = message.writeDoubleLE(frame.membershipVersion, at);
    at = message.writeDoubleLE(frame.needsSeq, at);
    const actorBytes = message.write(frame.actorId, at + 2);
    at = message.writeUInt16LE(actorBytes, at) + actorBytes;
    message[at++] = frame.packets.length;
    for (const { voice, wire } of frame.packets) {
      at = writeName(message, at, voice);
      at = message.writeUInt32LE(wire.length, at);
      at += wire.copy(message, at);
    }
  }
  return message;
}

export function writeClosing(nodeId: string, code: string): Buffer {
  const message = Buffer.allocUnsafe(3 + nodeId.length + code.length);
  message[0] = tags.closing;
  writeName(message, writeName(message, 1, nodeId), code);
  return message;
}

/** Packets stay views on the message. @throws RangeError for a message that is cut or damaged */
export function read(message: Buffer): Heard {
  const nodeId = nameAt(message, 1);
  let at = 2 + nodeId.length;
  if (message[0] === tags.closing) return { type: 'closing', nodeId, code: nameAt(message, at) };
  const toldAt = message.readDoubleLE(at);
  at += 8;
  const frames: Frame[] = [];
  while (at < message.length) {
    const kind = frameKinds[message.readUInt8(at)];
    if (kind === undefined) throw new RangeError('unknown kind of frame');
    const no = message.readDoubleLE(at + 1);
    const number = message.readDoubleLE(at + 9);
    const membershipVersion = message.readDoubleLE(at + 17);
    const needsSeq = message.readDoubleLE(at + 25);
    const packets: Packet[] = [];
    const actorBytes = message.readUInt16LE(at + 33);
    const actorId = actorBytes === 0 ? '' : message.toString('utf8', at + 35, at + 35 + actorBytes);
    const count = message.readUInt8(at + 35 + actorBytes);
    at += frameHeaderBytes + actorBytes;
    for (let i = 0; i < count; i++) {
      const voice = nameAt(message, at);
      const from = at + 5 + voice.length;
      const bytes = message.readUInt32LE(from - 4);
      at = from + bytes;
      if (bytes < 3 || at > message.length) throw new RangeError('a packet ends beyond its message');
      packets.push({ voice, wire: message.subarray(from, at) });
    }
    frames.push({ kind, no, number, membershipVersion, needsSeq, actorId, packets });
  }
  return { type: 'frames', nodeId, toldAt, frames };
}

const frameHeaderBytes = 36;

/** Names are short and ASCII: ids of nodes, voices, closing codes. */
function writeName(message: Buffer, at: number, name: string): number {
  message[at] = name.length;
  return at + 1 + message.write(name, at + 1, 'latin1');
}

function nameAt(message: Buffer, at: number): string {
  const length = message.readUInt8(at);
  return message.toString('latin1', at + 1, at + 1 + length);
}
