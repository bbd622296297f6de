import type { Logger } from '@parley/node-kit';
import { limits as protocolLimits } from '@parley/protocol';
import { type Conn, cut } from './cut.ts';
import { limits } from './limits.ts';
import type { Listeners } from './listeners.ts';
import type { FanoutMetrics } from './metrics.ts';

type Max = { packets: number; bytes: number };

/**
 * Cuts clients that stopped reading: Engine.IO bounds nothing, and a client that only answers pings stays connected
 * while its buffer grows. It comes back and synchronises; meanwhile the others keep their memory.
 */
export function createSlowClients(listeners: Listeners, metrics: FanoutMetrics, logger: Logger, max: Max = maxDefault) {
  const cutSlow = (conn: Conn, why: { packets: number; bytes?: number }) => {
    metrics.slowClients.inc();
    logger.info({ ...why, transport: conn.transport.name }, 'a client that stopped reading was cut');
    cut(conn);
  };
  const sample = () => {
    let [packetsMax, bytesMax] = [0, 0];
    for (const { socket } of listeners.all()) {
      const { conn } = socket;
      const packets = packetsWaiting(conn);
      const bytes = bytesWaiting(conn);
      packetsMax = Math.max(packetsMax, packets);
      bytesMax = Math.max(bytesMax, bytes);
      if (packets > max.packets || bytes > max.bytes) cutSlow(conn, { packets, bytes });
    }
    metrics.bufferPackets.set(packetsMax);
    metrics.bufferBytes.set(bytesMax);
  };
  let timer: NodeJS.Timeout | undefined;

  return {
    start(): void {
      timer = setInterval(sample, limits.writeBufferSampleMs).unref();
    },
    /** After each write: a burst between two samples must not fill the memory. */
    check(conn: Conn): void {
      const packets = packetsWaiting(conn);
      if (packets > max.packets) cutSlow(conn, { packets });
    },
    close(): void {
      clearInterval(timer);
    },
  };
}

const maxDefault: Max = {
  packets: protocolLimits.writeBufferPacketsMax,
  bytes: protocolLimits.writeBufferBytesMax,
};

type Waiting = { data?: string; options?: { wsPreEncodedFrame?: readonly Buffer[] } };

function packetsWaiting(conn: Conn): number {
  const buffer: readonly unknown[] = conn['writeBuffer'];
  return buffer.length;
}

/** What Engine.IO keeps, and what it handed to a WebSocket that the system does not take. */
function bytesWaiting(conn: Conn): number {
  const { transport } = conn;
  let bytes = 'socket' in transport && isBuffering(transport.socket) ? transport.socket.bufferedAmount : 0;
  const buffer: readonly Waiting[] = conn['writeBuffer'];
  for (const { data, options } of buffer) bytes += options?.wsPreEncodedFrame?.[0]?.length ?? data?.length ?? 0;
  return bytes;
}

function isBuffering(socket: unknown): socket is { bufferedAmount: number } {
  return typeof socket === 'object' && socket !== null && 'bufferedAmount' in socket;
}
