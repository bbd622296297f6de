import { connect, type Socket } from 'node:net';
import { readScrape } from '../status/scrape.ts';

/** More requests than one node can answer. */
export type Pressing = {
  /** How much of its time the node computed since it was asked last, from 0 to 1. */
  busy(): Promise<number>;
  /** @returns how many requests were answered */
  end(): number;
};

const host = '127.0.0.1';
const connectionsMax = 32;
/**
 * Under way on each connection. All together are some 20 ms of work: more than whoever presses is held up by work of its
 * own (with 8, a node was busy for 85 % of a drill), and few enough that everybody else on the node has a turn.
 */
const underWayMax = 64;
const request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
const requests = Buffer.concat(Array.from({ length: underWayMax }, () => request));
const statusLine = 'HTTP/1.1 ';

/**
 * Keeps a node of this machine busy by what anybody may ask on its public port, past HAProxy, so that it is this one
 * alone. A connection that the node ends is not opened again.
 */
export async function press({ port, privatePort }: { port: number; privatePort: number }): Promise<Pressing> {
  let answered = 0;
  const busy = async () => {
    const response = await fetch(`http://${host}:${privatePort}/metrics`);
    return readScrape(await response.text()).values('parley_event_loop_utilization_ratio')[0] ?? 0;
  };
  await busy();
  const sockets = Array.from({ length: connectionsMax }, () => pressOver(connect(port, host), () => (answered += 1)));
  return {
    busy,
    end() {
      for (const socket of sockets) socket.destroy();
      return answered;
    },
  };
}

function pressOver(socket: Socket, onAnswer: () => void): Socket {
  let waiting = 0;
  let cutOff = '';
  const ask = () => {
    waiting = underWayMax;
    socket.write(requests);
  };
  return socket
    .setEncoding('latin1')
    .on('connect', ask)
    .on('error', () => socket.destroy())
    .on('data', (text: string) => {
      const seen = cutOff + text;
      for (let at = seen.indexOf(statusLine); at >= 0; at = seen.indexOf(statusLine, at + 1)) {
        waiting -= 1;
        onAnswer();
      }
      // A status line may come in two pieces.
      cutOff = seen.slice(1 - statusLine.length);
      if (waiting === 0) ask();
    });
}
