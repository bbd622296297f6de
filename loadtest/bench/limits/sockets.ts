import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FromSink, ToSink } from './sink.ts';

const sinkPath = new URL('sink.ts', import.meta.url).pathname;
const connections = 500;
/** A delivery of the bench with its header. */
const frame = Buffer.alloc(330, 'x');

export type SocketCosts = { receive: number; send: number; sendOfEight: number; writesPerSecond: number };

/**
 * L3, in µs of CPU: a frame written alone, a frame of eight in one write, and a frame read alone. Raw sockets, without
 * WebSocket: whoever speaks it adds to this. Turn by turn, so that no two writes meet in the kernel.
 */
export async function measureSockets(windowMs: number): Promise<SocketCosts> {
  const sink = fork(sinkPath, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const hear = async (): Promise<FromSink> => ((await once(sink, 'message')) as [FromSink])[0];
  const ask = async (message: ToSink): Promise<FromSink> => {
    const answer = hear();
    sink.send(message);
    return answer;
  };
  const sockets: Socket[] = [];
  try {
    const told = await hear();
    if (told.say !== 'port') throw new Error('The sink does not listen.');
    while (sockets.length < connections) {
      const socket = connect({ host: '127.0.0.1', port: told.port, noDelay: true });
      await once(socket, 'connect');
      sockets.push(socket);
    }
    const alone = await write(1);
    const ofEight = await write(8);
    return {
      receive: alone.receive,
      send: alone.send,
      sendOfEight: ofEight.send,
      writesPerSecond: alone.perSecond,
    };
  } finally {
    for (const socket of sockets) socket.destroy();
    sink.disconnect();
  }

  async function write(framesPerWrite: number) {
    const buffer = Buffer.concat(Array.from({ length: framesPerWrite }, () => frame));
    await ask({ say: 'expect', bytesPerTurn: buffer.length * connections });
    await turnsFor(buffer, windowMs / 4);
    const [sinkBefore, cpuBefore, from] = [await sinkMicros(), process.cpuUsage(), performance.now()];
    const frames = (await turnsFor(buffer, windowMs)) * connections * framesPerWrite;
    const { user, system } = process.cpuUsage(cpuBefore);
    const seconds = (performance.now() - from) / 1000;
    return {
      send: (user + system) / frames,
      receive: ((await sinkMicros()) - sinkBefore) / frames,
      perSecond: frames / seconds,
    };
  }

  async function turnsFor(buffer: Buffer, ms: number): Promise<number> {
    const [first] = sockets;
    const end = performance.now() + ms;
    let turns = 0;
    for (; performance.now() < end; turns += 1) {
      const turn = first && once(first, 'data');
      for (const socket of sockets) socket.write(buffer);
      await turn;
    }
    return turns;
  }

  async function sinkMicros(): Promise<number> {
    const answer = await ask({ say: 'cpu?' });
    return answer.say === 'cpu' ? answer.micros : Number.NaN;
  }
}
