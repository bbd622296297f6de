import { type Dialect, speak, voicesOf } from '@parley/dialects';
import type { About, EventName, Payload } from '@parley/protocol';

/** What one voice says: a ready WebSocket frame, made once and written to every socket that hears the voice. */
export type Packet = { readonly voice: string; readonly wire: Buffer };

/** Encodes an event once per dialect and voice that does not keep silent about it. */
export function packetsOf<N extends EventName>(
  dialects: readonly Dialect[],
  name: N,
  payload: Payload<N>,
  about: About,
): readonly Packet[] {
  const packets: Packet[] = [];
  for (const dialect of dialects) {
    for (const { name: voice, view } of voicesOf(dialect)) {
      for (const spoken of speak(dialect, name, payload, about, view)) {
        packets.push({ voice, wire: wireOf(`42${JSON.stringify(spoken)}`) });
      }
    }
  }
  return packets;
}

/** The text of a packet, without the Engine.IO type that its first character is: what long-polling wants. */
export function textOf({ wire }: Packet): string {
  return wire.toString('utf8', headerBytes(wire) + 1);
}

/** An unmasked, final text frame (RFC 6455 §5.2), header and payload in one buffer: one write instead of two. */
export function wireOf(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const header = bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10;
  const wire = Buffer.allocUnsafe(header + bytes);
  wire[0] = 0x81;
  if (header === 2) {
    wire[1] = bytes;
  } else if (header === 4) {
    wire[1] = 126;
    wire.writeUInt16BE(bytes, 2);
  } else {
    wire[1] = 127;
    wire.writeBigUInt64BE(BigInt(bytes), 2);
  }
  wire.write(text, header, 'utf8');
  return wire;
}

function headerBytes(wire: Buffer): number {
  const length = wire[1];
  return length === 127 ? 10 : length === 126 ? 4 : 2;
}
