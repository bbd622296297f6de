/**
 * Takes every byte of many connections, and answers one byte on the first connection for each `bytesPerTurn` that all of
 * them brought. Tells its own CPU time when asked.
 */
import { createServer, type Socket } from 'node:net';

export type ToSink = { say: 'expect'; bytesPerTurn: number } | { say: 'cpu?' };
export type FromSink = { say: 'port'; port: number } | { say: 'expecting' } | { say: 'cpu'; micros: number };

let first: Socket | undefined;
let [bytesPerTurn, bytes] = [Number.POSITIVE_INFINITY, 0];
const turn = Buffer.from('.');

const server = createServer({ noDelay: true }, (socket) => {
  first ??= socket;
  socket.on('data', (data) => {
    bytes += data.length;
    if (bytes < bytesPerTurn) return;
    bytes -= bytesPerTurn;
    first?.write(turn);
  });
  socket.on('error', () => socket.destroy());
});

process.on('message', (message: ToSink) => {
  if (message.say === 'expect') {
    [bytesPerTurn, bytes] = [message.bytesPerTurn, 0];
    say({ say: 'expecting' });
  } else {
    const { user, system } = process.cpuUsage();
    say({ say: 'cpu', micros: user + system });
  }
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') say({ say: 'port', port: address.port });
});

function say(message: FromSink): void {
  process.send?.(message);
}
