import type { Hops } from '@parley/core';
import { type TraceContext, type Tracing, wallClockMs } from '@parley/node-kit';
import { conversationId } from '@parley/protocol';
import type { Frame } from './frame.ts';
import type { FanoutMetrics } from './metrics.ts';
import type { Packet } from './packet.ts';

/** A voice that nobody hears: a node that does not know it passes it by, whatever its version. */
const voice = '~hops';

/** Where a packet of this voice has its stamps, each an f64 in milliseconds since 1970. */
const at = { received: 0, queued: 8, sent: 16, committed: 24, published: 32 } as const;
const bytes = 40;
/** What is traced carries where its spans hang behind that: a node of before passes it by. */
const traceIdBytes = 16;
const tracedBytes = bytes + traceIdBytes + 8;

type Since = { hop: 'own' | 'write'; sinceMs: number; no: number; trace: TraceContext | undefined };

/**
 * Times the few messages that carry stamps. They travel as one more packet of their frame, so that the others, and what
 * nodes say to each other, stay as they are.
 */
export function createHops({ hopSeconds }: Pick<FanoutMetrics, 'hopSeconds'>, tracing?: Tracing) {
  const since = new WeakMap<Frame, Since>();
  let toPublish = new Map<Hops, Packet & { no: number }>();
  let toWrite: Frame[] = [];
  const observe = (hop: string, fromMs: number, toMs: number) =>
    hopSeconds.observe({ hop }, Math.max(0, toMs - fromMs) / 1000);
  const span = (
    name: string,
    { kind, parent, no }: { kind: 'client' | 'producer' | 'consumer'; parent: TraceContext; no: number },
    [startMs, atMs]: readonly [from: number, to: number],
  ): TraceContext | undefined => {
    const ids = { 'parley.conversation_id': no === 0 ? undefined : conversationId(no) };
    const begun = tracing?.begin(name, { kind, parent, startMs, ids });
    begun?.end({ atMs });
    return begun?.context;
  };

  return {
    /** The same frame with its stamps; what does not have them all is left as it is. */
    stamped(frame: Frame, stamps: Hops): Frame {
      const { no } = frame;
      const packet = toPublish.get(stamps) ?? packetOf(stamps, no);
      if (!packet) return frame;
      toPublish.set(stamps, packet);
      const timed = { ...frame, packets: [...frame.packets, packet] };
      since.set(timed, { hop: 'own', sinceMs: packet.wire.readDoubleLE(at.committed), no, trace: stamps.trace });
      return timed;
    },
    /** What waited here is about to be handed to Redis. */
    publishing(nowMs: number): void {
      if (toPublish.size === 0) return;
      for (const [{ trace }, { wire, no }] of toPublish) {
        wire.writeDoubleLE(nowMs, at.published);
        const stamp = (name: keyof typeof at) => wire.readDoubleLE(at[name]);
        observe('admit', stamp('received'), stamp('queued'));
        observe('queue', stamp('queued'), stamp('sent'));
        observe('commit', stamp('sent'), stamp('committed'));
        observe('publish', stamp('committed'), nowMs);
        if (!trace) continue;
        span('store', { kind: 'client', parent: trace, no }, [stamp('queued'), stamp('committed')]);
        const published = span('publish', { kind: 'producer', parent: trace, no }, [stamp('committed'), nowMs]);
        writeTrace(wire, published ?? trace);
      }
      toPublish = new Map();
    },
    /** A frame came from another node. */
    heard(frame: Frame): void {
      const wire = stampsIn(frame);
      if (!wire) return;
      const nowMs = wallClockMs();
      observe('travel', wire.readDoubleLE(at.published), nowMs);
      since.set(frame, { hop: 'write', sinceMs: nowMs, no: frame.no, trace: traceIn(wire) });
    },
    /** A frame came to its turn: it is written with what else this tick writes. */
    emitted(frame: Frame): void {
      if (stampsIn(frame)) toWrite.push(frame);
    },
    written(nowMs: number): void {
      if (toWrite.length === 0) return;
      for (const frame of toWrite) {
        const begun = since.get(frame);
        if (!begun) continue;
        observe(begun.hop, begun.sinceMs, nowMs);
        if (!begun.trace) continue;
        span('tell', { kind: 'consumer', parent: begun.trace, no: begun.no }, [begun.sinceMs, nowMs]);
      }
      toWrite = [];
    },
  };
}

function packetOf({ receivedAt, queuedAt, sentAt, committedAt, trace }: Hops, no: number) {
  if (queuedAt === undefined || sentAt === undefined || committedAt === undefined) return undefined;
  const wire = Buffer.alloc(trace ? tracedBytes : bytes);
  wire.writeDoubleLE(receivedAt, at.received);
  wire.writeDoubleLE(queuedAt, at.queued);
  wire.writeDoubleLE(sentAt, at.sent);
  wire.writeDoubleLE(committedAt, at.committed);
  return { voice, wire, no };
}

function stampsIn({ packets }: Frame): Buffer | undefined {
  const last = packets[packets.length - 1];
  if (last?.voice !== voice) return undefined;
  return last.wire.length === bytes || last.wire.length === tracedBytes ? last.wire : undefined;
}

function writeTrace(wire: Buffer, { traceId, spanId }: TraceContext): void {
  wire.write(traceId + spanId, bytes, 'hex');
}

function traceIn(wire: Buffer): TraceContext | undefined {
  if (wire.length !== tracedBytes) return undefined;
  const hex = (from: number, to: number) => wire.toString('hex', from, to);
  const ids = bytes + traceIdBytes;
  return { traceId: hex(bytes, ids), spanId: hex(ids, tracedBytes), sampled: true };
}
