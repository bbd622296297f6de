import type { Hops } from '@parley/core';
import { wallClockMs } from '@parley/node-kit';
import type { Frame } from './frame.ts';
import type { FanoutMetrics } from './metrics.ts';
import type { Packet } from './packet.ts';

/** A voice that nobody hears: a node that does not know it passes it by, whatever its version. */
const voice = '~hops';

/** Where a packet of this voice has its stamps, each an f64 in milliseconds since 1970. */
const at = { received: 0, queued: 8, sent: 16, committed: 24, published: 32 } as const;
const bytes = 40;

type Since = { hop: 'own' | 'write'; sinceMs: number };

/**
 * Times the few messages that carry stamps. They travel as one more packet of their frame, so that the others, and what
 * nodes say to each other, stay as they are.
 */
export function createHops({ hopSeconds }: Pick<FanoutMetrics, 'hopSeconds'>) {
  const since = new WeakMap<Frame, Since>();
  let toPublish = new Map<Hops, Packet>();
  let toWrite: Frame[] = [];
  const observe = (hop: string, fromMs: number, toMs: number) =>
    hopSeconds.observe({ hop }, Math.max(0, toMs - fromMs) / 1000);

  return {
    /** The same frame with its stamps; what does not have them all is left as it is. */
    stamped(frame: Frame, stamps: Hops): Frame {
      const packet = toPublish.get(stamps) ?? packetOf(stamps);
      if (!packet) return frame;
      toPublish.set(stamps, packet);
      const timed = { ...frame, packets: [...frame.packets, packet] };
      since.set(timed, { hop: 'own', sinceMs: packet.wire.readDoubleLE(at.committed) });
      return timed;
    },
    /** What waited here is about to be handed to Redis. */
    publishing(nowMs: number): void {
      if (toPublish.size === 0) return;
      for (const { wire } of toPublish.values()) {
        wire.writeDoubleLE(nowMs, at.published);
        const stamp = (name: keyof typeof at) => wire.readDoubleLE(at[name]);
        observe('admit', stamp('received'), stamp('queued'));
        observe('queue', stamp('queued'), stamp('sent'));
        observe('commit', stamp('sent'), stamp('committed'));
        observe('publish', stamp('committed'), nowMs);
      }
      toPublish = new Map();
    },
    /** A frame came from another node. */
    heard(frame: Frame): void {
      const wire = stampsIn(frame);
      if (!wire) return;
      const nowMs = wallClockMs();
      observe('travel', wire.readDoubleLE(at.published), nowMs);
      since.set(frame, { hop: 'write', sinceMs: nowMs });
    },
    /** A frame came to its turn: it is written with what else this tick writes. */
    emitted(frame: Frame): void {
      if (stampsIn(frame)) toWrite.push(frame);
    },
    written(nowMs: number): void {
      if (toWrite.length === 0) return;
      for (const frame of toWrite) {
        const { hop, sinceMs } = since.get(frame) ?? {};
        if (hop !== undefined && sinceMs !== undefined) observe(hop, sinceMs, nowMs);
      }
      toWrite = [];
    },
  };
}

function packetOf({ receivedAt, queuedAt, sentAt, committedAt }: Hops): Packet | undefined {
  if (queuedAt === undefined || sentAt === undefined || committedAt === undefined) return undefined;
  const wire = Buffer.alloc(bytes);
  wire.writeDoubleLE(receivedAt, at.received);
  wire.writeDoubleLE(queuedAt, at.queued);
  wire.writeDoubleLE(sentAt, at.sent);
  wire.writeDoubleLE(committedAt, at.committed);
  return { voice, wire };
}

function stampsIn({ packets }: Frame): Buffer | undefined {
  const last = packets[packets.length - 1];
  return last?.voice === voice && last.wire.length === bytes ? last.wire : undefined;
}
