import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

export type WebSocketHears = {
  /** From now on frames may be sent, for those who speak first. */
  opened?(): void;
  /** One text frame, as bytes of a buffer that is overwritten afterwards. */
  text(bytes: Buffer, start: number, end: number): void;
  /** Ended by the other side, or never began. */
  closed(reason: string, retryAfterMs?: number): void;
};

export type RawWebSocket = { send(text: string): void; close(): void };

/** What all sockets read into, one after the other. It holds the largest burst that one read brings. */
const shared = Buffer.allocUnsafeSlow(256 * 1024);
const opcodes = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

/**
 * A WebSocket (RFC 6455) as small as a load generator needs it: no compression, no fragments, nothing allocated for what
 * is received. A library costs the generator a third of its time, which the servers on the same machine then lack.
 */
export function openWebSocket(url: string, headers: Record<string, string>, hears: WebSocketHears): RawWebSocket {
  const { hostname, port, host, pathname, search } = new URL(url);
  const mask = randomBytes(4);
  let rest: Buffer | undefined;
  let upgraded = false;
  let ended = false;

  const socket = connect({
    host: hostname,
    port: Number(port),
    noDelay: true,
    onread: {
      buffer: shared,
      callback(count: number) {
        read(count);
        return true;
      },
    },
  });
  socket.once('connect', () => socket.write(upgradeRequest(host, `${pathname}${search}`, headers)));
  socket.once('error', (error) => end(error.message));
  socket.once('close', () => end('the connection was closed'));

  return {
    send: (text) => void socket.write(frameOf(opcodes.text, text, mask)),
    close() {
      ended = true;
      socket.end(frameOf(opcodes.close, '', mask));
    },
  };

  function read(count: number): void {
    // What was cut at the end of the last read comes first.
    const bytes = rest ? Buffer.concat([rest, shared.subarray(0, count)]) : shared;
    const length = rest ? bytes.length : count;
    rest = undefined;
    const from = upgraded ? 0 : upgrade(bytes, length);
    const at = upgraded ? takeFrames(bytes, from, length) : 0;
    if (at < length && !ended) rest = Buffer.from(bytes.subarray(at, length));
  }

  /** @returns where frames begin */
  function upgrade(bytes: Buffer, length: number): number {
    const end = bytes.subarray(0, length).indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const [status = ''] = bytes.toString('latin1', 0, end).split('\r\n', 1);
    if (status.startsWith('HTTP/1.1 101 ')) {
      upgraded = true;
      hears.opened?.();
    } else fail(status, retryAfterIn(bytes.toString('latin1', end, length)));
    return end + 4;
  }

  /** @returns where the first frame begins that is not whole */
  function takeFrames(bytes: Buffer, from: number, length: number): number {
    let at = from;
    while (at + 2 <= length) {
      const short = bytes[at + 1]!;
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
      if (start > length) break;
      const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
      if (start + size > length) break;
      take(bytes[at]!, bytes, start, start + size);
      at = start + size;
    }
    return at;
  }

  function take(first: number, bytes: Buffer, start: number, end: number): void {
    if (first === (0x80 | opcodes.text)) hears.text(bytes, start, end);
    else if (first === (0x80 | opcodes.ping)) {
      socket.write(frameOf(opcodes.pong, bytes.toString('latin1', start, end), mask));
    } else if (first === (0x80 | opcodes.close)) fail('the server closed');
    else if (first !== (0x80 | opcodes.pong)) fail(`a frame began with 0x${first.toString(16)}`);
  }

  function fail(reason: string, retryAfterMs?: number): void {
    end(reason, retryAfterMs);
    socket.destroy();
  }

  function end(reason: string, retryAfterMs?: number): void {
    if (ended) return;
    ended = true;
    hears.closed(reason, retryAfterMs);
  }
}

function upgradeRequest(host: string, target: string, headers: Record<string, string>): string {
  const all = {
    Host: host,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A refusal and its body leave a node, and the load balancer, in one piece. */
function retryAfterIn(body: string): number | undefined {
  const found = /"retryAfterMs":(\d+)/.exec(body);
  return found ? Number(found[1]) : undefined;
}

/** Header, mask and masked payload in one buffer: one write. ASCII only, as everything here is. */
function frameOf(opcode: number, text: string, mask: Buffer): Buffer {
  const header = text.length < 126 ? 6 : 8;
  const frame = Buffer.allocUnsafe(header + text.length);
  frame[0] = 0x80 | opcode;
  if (header === 6) frame[1] = 0x80 | text.length;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(text.length, 2);
  }
  mask.copy(frame, header - 4);
  frame.write(text, header, 'latin1');
  for (let i = 0; i < text.length; i += 1) frame[header + i]! ^= mask[i & 3]!;
  return frame;
}
