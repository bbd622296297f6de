import type { Socket } from 'node:net';
import type { Conn } from './cut.ts';
import type { Listener } from './listeners.ts';
import { type Packet, textOf } from './packet.ts';

/**
 * Gathers what the sockets of this node are to hear during one tick, and writes it once per socket: the write is what
 * fan-out costs (65-90 % of it is the kernel's send). Sockets that hear the same packets share one joined buffer, found
 * by walking a tree: a node of it is a list of packets, an edge adds one.
 */
export function createDeliveries(onWritten: (conn: Conn) => void) {
  let root = createList(undefined, undefined);
  let pending = new Map<Listener, List>();

  return {
    add(listener: Listener, packet: Packet): void {
      pending.set(listener, after(pending.get(listener) ?? root, packet));
    },
    /** Writes what waits for one socket before its turn comes. */
    flushOf(listener: Listener): void {
      const list = pending.get(listener);
      if (!list) return;
      pending.delete(listener);
      write(listener.socket.conn, list);
    },
    /** Writes, and answers how many packets to how many sockets. */
    flush(): { packets: number; writes: number } {
      const all = pending;
      pending = new Map();
      root = createList(undefined, undefined);
      let packets = 0;
      for (const [{ socket }, list] of all) {
        write(socket.conn, list);
        onWritten(socket.conn);
        packets += list.count;
      }
      return { packets, writes: all.size };
    },
  };
}

export type Deliveries = ReturnType<typeof createDeliveries>;

type List = {
  readonly count: number;
  readonly packet: Packet | undefined;
  readonly before: List | undefined;
  readonly next: Map<Packet, List>;
  /** The edge that was walked last: nearly always the one that is walked again. */
  last: List | undefined;
  wire: Buffer | undefined;
  text: string | undefined;
};

function createList(packet: Packet | undefined, before: List | undefined): List {
  const count = before ? before.count + 1 : 0;
  return { count, packet, before, next: new Map(), last: undefined, wire: undefined, text: undefined };
}

function after(list: List, packet: Packet): List {
  if (list.last?.packet === packet) return list.last;
  let next = list.next.get(packet);
  if (!next) {
    next = createList(packet, list);
    list.next.set(packet, next);
  }
  list.last = next;
  return next;
}

// Engine.IO writes a ready frame as it is, also several frames in one buffer. Long-polling wants their texts, and joins
// packets with U+001E, before the type '4' of the next one. A session that upgrades while this waits has both.
function write(conn: Conn, list: List): void {
  const wire = (list.wire ??= joined(packetsIn(list)));
  const tcp = idleTcpOf(conn);
  if (tcp) {
    tcp.write(wire);
    return;
  }
  const text = conn.transport.name === 'websocket' ? '' : (list.text ??= packetsIn(list).map(textOf).join('\u001e4'));
  const options = { compress: false, wsPreEncodedFrame: [wire] };
  conn.write(text, options);
}

/**
 * The TCP connection of a session that began as a WebSocket, while nothing waits to be written to it. Through Engine.IO
 * each write is also a packet, six events and a callback (measured: a tenth of a busy node's time). As soon as a client
 * reads more slowly than we write, all goes through Engine.IO's buffer: there the slow ones are found.
 */
function idleTcpOf(conn: Conn): Socket | undefined {
  const { transport, readyState } = conn;
  const isIdle = readyState === 'open' && transport.writable && conn['writeBuffer'].length === 0;
  if (!isIdle || !('socket' in transport) || !isOpen(transport.socket)) return undefined;
  const { headers, socket } = conn.request;
  return headers.upgrade === undefined || !socket.writable || socket.writableNeedDrain ? undefined : socket;
}

/** After a closing frame, nothing may follow. */
function isOpen(webSocket: unknown): boolean {
  return typeof webSocket === 'object' && webSocket !== null && 'readyState' in webSocket && webSocket.readyState === 1;
}

function packetsIn(list: List): Packet[] {
  const packets: Packet[] = [];
  for (let at: List | undefined = list; at?.packet; at = at.before) packets.push(at.packet);
  return packets.reverse();
}

function joined(packets: readonly Packet[]): Buffer {
  const [first] = packets;
  return packets.length === 1 && first ? first.wire : Buffer.concat(packets.map(({ wire }) => wire));
}
